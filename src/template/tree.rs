//! The tree of a compiled template: owned, shared, each expression with its place in
//! the template's text.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Template, Value};

/// Byte offsets in the template's text, the end not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct At {
    pub start: u32,
    pub end: u32,
}

/// A template ready to be walked.
pub(crate) struct Program {
    pub body: Vec<Stmt>,
    pub blocks: HashMap<Arc<str>, Arc<Block>>,
}

/// An expression and its place.
pub(crate) struct Expr {
    pub kind: ExprKind,
    pub at: At,
}

/// What an expression does.
pub(crate) enum ExprKind {
    Const(Value),
    /// ansible: a constant with template markers inside, in a condition or in the arguments of a look-up.
    Embedded(Arc<Template>),
    Var(Arc<str>),
    Slice {
        of: Box<Expr>,
        start: Option<Box<Expr>>,
        stop: Option<Box<Expr>>,
        step: Option<Box<Expr>>,
    },
    Not(Box<Expr>),
    Negate(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// A chain of comparisons, `1 < x <= 3`.
    Compare(Box<Expr>, Vec<(CompareOp, Expr)>),
    If {
        test: Box<Expr>,
        yes: Box<Expr>,
        no: Option<Box<Expr>>,
    },
    /// Without an input it stands at the head of a filter block.
    Filter {
        name: Arc<str>,
        input: Option<Box<Expr>>,
        args: Vec<Arg>,
    },
    Test {
        name: Arc<str>,
        input: Box<Expr>,
        args: Vec<Arg>,
    },
    Attr(Box<Expr>, Arc<str>),
    Item(Box<Expr>, Box<Expr>),
    Call(Box<Expr>, Vec<Arg>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
}

/// An operator on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
    Concat,
}

/// An operator that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

/// An argument of a call.
pub(crate) enum Arg {
    Positional(Expr),
    Named(Arc<str>, Expr),
    Spread(Expr),
    SpreadNamed(Expr),
}

/// What is assigned to.
pub(crate) enum Target {
    Name(Arc<str>),
    /// A namespace's attribute: `ns.a`.
    Attr(Arc<str>, Arc<str>),
    Unpack(Vec<Target>, At),
}

/// A statement.
pub(crate) enum Stmt {
    Raw(Arc<str>),
    Emit(Expr),
    For(Arc<For>),
    If { test: Expr, yes: Vec<Stmt>, no: Vec<Stmt> },
    With { assignments: Vec<(Target, Expr)>, body: Vec<Stmt> },
    Set { target: Target, value: Expr },
    SetBlock { target: Target, filter: Option<Expr>, body: Vec<Stmt> },
    AutoEscape { enabled: Expr, body: Vec<Stmt> },
    FilterBlock { filter: Expr, body: Vec<Stmt> },
    Block(Arc<Block>),
    Import { from: Expr, name: Arc<str>, with_context: bool },
    FromImport { from: Expr, names: Vec<(Arc<str>, Arc<str>)>, with_context: bool },
    Extends(Expr),
    Include { name: Expr, ignore_missing: bool, with_context: bool },
    Macro(Arc<Macro>),
    CallBlock { call: Expr, caller: Arc<Macro> },
    Continue,
    Break,
    Do(Expr),
}

/// A loop.
pub(crate) struct For {
    pub target: Target,
    pub over: Expr,
    pub filter: Option<Expr>,
    pub recursive: bool,
    pub body: Vec<Stmt>,
    pub otherwise: Vec<Stmt>,
}

/// A block of a template that others extend.
pub(crate) struct Block {
    pub name: Arc<str>,
    pub required: bool,
    pub body: Vec<Stmt>,
}

/// A macro or the body of a call block.
pub(crate) struct Macro {
    pub name: Arc<str>,
    /// The parameters with their defaults.
    pub params: Vec<(Arc<str>, Option<Expr>)>,
    pub body: Vec<Stmt>,
    /// Whether the body speaks of `varargs`, `kwargs`, `caller`.
    pub takes_varargs: bool,
    pub takes_kwargs: bool,
    pub takes_caller: bool,
}
