//! `args!`, `choices!` and `returns!`: the declarations at the head of a module.

/// Declares a struct of options, and its parser and [`Spec`](crate::args::Spec) with it.
///
/// `as "name"` makes it the arguments of a module; without, it is a nested dictionary. A field is required
/// unless it is an `Option` or has a default, a literal in the user's terms. `#[alias("a", "b")]` gives it
/// other names. `..name: Type` at the end takes in the options of another struct; of the type `Map`, all
/// keys that are not declared. `rules [ … ]` after the struct are of [`Rule`](crate::args::Rule).
#[macro_export]
macro_rules! args {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $Name:ident $(as $name:literal)? {
            $(
                $(#[doc = $text:literal])*
                $(#[alias($($alias:literal),+ $(,)?)])?
                $field:ident : $ty:ty $(= $default:literal)? ,
            )*
            $( .. $flat:ident : $Flat:ty , )*
        }
        $( rules [ $($rule:expr),* $(,)? ] )?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        $vis struct $Name {
            $( $(#[doc = $text])* $vis $field: $ty, )*
            $( $vis $flat: $Flat, )*
        }

        impl $crate::args::Args for $Name {
            const SPEC: $crate::args::Spec = $crate::args::Spec {
                name: concat!($($name)?),
                text: concat!($($doc, "\n"),*),
                options: <Self as $crate::args::Flatten>::OPTIONS,
                rules: {
                    #[allow(unused_imports, reason = "not every struct has rules")]
                    use $crate::args::Rule::*;
                    &[$($($rule),*)?]
                },
                open: false $(|| <$Flat as $crate::args::Flatten>::OPEN)*,
            };

            fn parse(
                args: &$crate::args::Map<String, $crate::args::Value>,
            ) -> Result<Self, Vec<$crate::args::ArgProblem>> {
                let problems = Self::SPEC.check(args, &|_| true);
                if !problems.is_empty() {
                    return Err(problems);
                }
                <Self as $crate::args::Flatten>::take(args, Self::SPEC.options)
            }
        }

        impl $crate::args::Flatten for $Name {
            const OPTIONS: &'static [$crate::args::Opt] = {
                const OWN: &[$crate::args::Opt] = &[$(
                    $crate::args::Opt {
                        name: $crate::args::plain(stringify!($field)),
                        aliases: &[$($($alias),+)?],
                        text: concat!($($text, "\n"),*),
                        ty: <$ty as $crate::args::FromArg>::TYPE,
                        required: !<$ty as $crate::args::FromArg>::OPTIONAL
                            && $crate::args!(@none $($default)?),
                        default: $crate::args!(@default $($default)?),
                    },
                )*];
                const PARTS: &[&[$crate::args::Opt]] =
                    &[OWN $(, <$Flat as $crate::args::Flatten>::OPTIONS)*];
                const ALL: [$crate::args::Opt; $crate::args::count(PARTS)] = $crate::args::join(PARTS);
                &ALL
            };
            const OPEN: bool = false $(|| <$Flat as $crate::args::Flatten>::OPEN)*;

            #[allow(unused_mut, unused_variables, reason = "a struct may be without options")]
            fn take(
                args: &$crate::args::Map<String, $crate::args::Value>,
                declared: &[$crate::args::Opt],
            ) -> Result<Self, Vec<$crate::args::ArgProblem>> {
                let mut own = <Self as $crate::args::Flatten>::OPTIONS.iter();
                Ok(Self {
                    $( $field: match own.next() {
                        Some(option) => $crate::args::fill(args, option)?,
                        None => return Err(Vec::new()),
                    }, )*
                    $( $flat: <$Flat as $crate::args::Flatten>::take(args, declared)?, )*
                })
            }
        }

        impl $crate::args::FromArg for $Name {
            const TYPE: $crate::args::Type = $crate::args::Type {
                kind: $crate::args::Kind::Options(&<Self as $crate::args::Args>::SPEC),
                choices: &[],
                check: <Self as $crate::args::FromArg>::check,
            };

            fn from_arg(value: &$crate::args::Value) -> Result<Self, $crate::args::Mismatch> {
                let wrong = || $crate::args::Mismatch::new("a dictionary", value);
                let map = value.as_object().ok_or_else(wrong)?;
                <Self as $crate::args::Args>::parse(map).map_err(|problems| {
                    let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
                    $crate::args::Mismatch { expected: "its options".to_owned(), found: words.join("; "), near: None }
                })
            }
        }
    };
    (@none) => { true };
    (@none $default:literal) => { false };
    (@default) => { None };
    (@default $default:literal) => { Some(concat!($default)) };
}

/// Declares an enum of the only words that an option takes: `Present = "present" | "installed"`;
/// words after the first mean the same and are not shown as choices of their own.
#[macro_export]
macro_rules! choices {
    (
        $(#[doc = $doc:literal])*
        $vis:vis enum $Name:ident {
            $( $(#[doc = $text:literal])* $Variant:ident = $word:literal $(| $more:literal)* ),+ $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $Name {
            $( $(#[doc = $text])* $Variant, )+
        }

        impl $Name {
            /// The word that the user writes.
            #[allow(dead_code, reason = "not every module shows the word")]
            $vis const fn as_str(self) -> &'static str {
                match self { $( Self::$Variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::args::FromArg for $Name {
            const TYPE: $crate::args::Type = $crate::args::Type {
                kind: $crate::args::Kind::Str,
                choices: &[$($word),+],
                check: <Self as $crate::args::FromArg>::check,
            };

            #[allow(clippy::cmp_owned, reason = "the value may be of any kind")]
            fn from_arg(value: &$crate::args::Value) -> Result<Self, $crate::args::Mismatch> {
                let words: &[(Self, &[&str])] = &[$( (Self::$Variant, &[$word $(, $more)*]) ),+];
                let fits = |word: &str| match value {
                    $crate::args::Value::String(text) => text == word,
                    // ansible: YAML has made a boolean of a bare `yes`, which may be one of the words
                    $crate::args::Value::Bool(true) => $crate::args::is_true(word),
                    $crate::args::Value::Bool(false) => $crate::args::is_false(word),
                    other => other.to_string() == word,
                };
                let found = words.iter().find(|(_, words)| words.iter().any(|word| fits(word)));
                found.map(|(variant, _)| *variant).ok_or_else(|| {
                    $crate::args::Mismatch::choice(&[$($word),+], value)
                })
            }
        }
    };
}

/// Declares what a module gives back, as `const RETURNS`: `/// text`, then `name: kind,` or, for what is
/// not always given, `name: kind if "the file exists",`. Kinds are `str`, `int`, `bool`, `list`, …
/// `..described,` at the beginning stands for what [`describe`](crate::files::describe) tells of a file.
#[macro_export]
macro_rules! returns {
    ( ..described, $($own:tt)* ) => {
        $crate::returns! {
            $($own)*
            /// The number of the owner.
            uid: int if "something is there",
            /// The number of the group.
            gid: int if "something is there",
            /// The name of the owner.
            owner: str if "something is there",
            /// The name of the group.
            group: str if "something is there",
            /// The permissions, as `0644`.
            mode: str if "something is there",
            /// The size in bytes.
            size: int if "something is there",
            /// What it is: `file`, `directory`, `link`, or `absent`.
            state: str,
        }
    };
    (
        $( $(#[doc = $text:literal])* $name:ident $(. $more:ident)* : $ty:ident $(if $when:literal)? , )*
    ) => {
        /// What the module gives back.
        pub const RETURNS: &[$crate::args::Return] = &[$(
            $crate::args::Return {
                name: $crate::args::plain(concat!(stringify!($name) $(, ".", stringify!($more))*)),
                text: concat!($($text, "\n"),*),
                ty: stringify!($ty),
                when: $crate::args!(@default $($when)?),
            },
        )*];
    };
}
