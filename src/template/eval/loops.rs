//! `for` and the variable `loop`.

use std::any::Any;
use std::sync::Arc;

use parking_lot::Mutex;

use super::super::tree::{For, Target};
use super::super::truth::iterate;
use super::super::{Args, Object, TemplateError, Value};
use super::assign::Path;
use super::output::Output;
use super::stmt::Flow;
use super::{Interp, Outcome};

/// The variable `loop` in one turn.
pub(super) struct Loop {
    items: Arc<Vec<Value>>,
    index: usize,
    depth: usize,
    /// What `changed` was asked with last; shared by all turns.
    last: Arc<Mutex<Option<Vec<Value>>>>,
    recursive: Option<Arc<For>>,
}

impl Object for Loop {
    fn type_name(&self) -> &str {
        "LoopContext"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        let count = |n: usize| Some(Value::Int(n as i128));
        let (index, length) = (self.index, self.items.len());
        let item = |at: Option<usize>| at.and_then(|i| self.items.get(i)).cloned();
        match key.as_str()? {
            "index" => count(index + 1),
            "index0" => count(index),
            "revindex" => count(length - index),
            "revindex0" => count(length - index - 1),
            "first" => Some(Value::Bool(index == 0)),
            "last" => Some(Value::Bool(index + 1 == length)),
            "length" => count(length),
            "depth" => count(self.depth + 1),
            "depth0" => count(self.depth),
            "previtem" => {
                item(index.checked_sub(1)).or_else(|| Some(Value::undefined("there is no previous item")))
            }
            "nextitem" => {
                item(index.checked_add(1)).or_else(|| Some(Value::undefined("there is no next item")))
            }
            _ => None,
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Loop {
    /// `loop.cycle(…)` and `loop.changed(…)`.
    pub(super) fn call(&self, name: &str, args: Args) -> Option<Outcome> {
        match name {
            "cycle" if args.positional.is_empty() => {
                Some(Err(TemplateError::failed("no items for cycling given")))
            }
            "cycle" => Some(Ok(args.positional[self.index % args.positional.len()].clone())),
            "changed" => {
                let mut last = self.last.lock();
                let changed = last.as_ref() != Some(&args.positional);
                *last = Some(args.positional);
                Some(Ok(Value::Bool(changed)))
            }
            _ => None,
        }
    }
}

impl Interp<'_> {
    /// Runs a loop.
    pub(super) fn for_loop(&mut self, each: &Arc<For>, out: &mut Output) -> Result<Flow, TemplateError> {
        let over = self.eval(&each.over)?;
        let items = iterate(&over).map_err(|e| self.used_at(e, &each.over))?;
        let path = if matches!(over, Value::List(_)) { self.path(&each.over)? } else { None };
        drop(over);
        self.turns(each, items, path, 0, out)?;
        Ok(Flow::On)
    }

    /// `loop(items)` in a recursive loop.
    pub(super) fn recurse(&mut self, state: &Loop, args: Args) -> Outcome {
        let Some(each) = state.recursive.clone() else {
            return Err(TemplateError::failed(
                "the loop is not marked `recursive`, so `loop` cannot be called",
            ));
        };
        let items = args.bind("loop", &["iterable"])?;
        let items = iterate(items.required(0)?)?;
        let depth = state.depth + 1;
        self.deeper(|me| {
            let mut out = Output::default();
            me.turns(&each, items, None, depth, &mut out)?;
            Ok(match out.finish() {
                Value::None => Value::str(""),
                value => value,
            })
        })
    }

    fn turns(
        &mut self,
        each: &Arc<For>,
        items: Vec<Value>,
        path: Option<Path>,
        depth: usize,
        out: &mut Output,
    ) -> Result<(), TemplateError> {
        let settled: Vec<Value> =
            items.into_iter().map(|i| self.session.settle(i)).collect::<Result<_, _>>()?;
        let (places, items): (Vec<usize>, Vec<Value>) = self.chosen(each, settled)?.into_iter().unzip();
        if items.is_empty() {
            self.scoped(|me| me.body(&each.otherwise, out))?;
            return Ok(());
        }
        let items = Arc::new(items);
        let last = Arc::default();
        for index in 0..items.len() {
            let state = Loop {
                items: items.clone(),
                index,
                depth,
                last: Arc::clone(&last),
                recursive: each.recursive.then(|| each.clone()),
            };
            let flow = self.scoped(|me| {
                me.locals.set("loop".into(), Value::Object(Arc::new(state)));
                me.assign(&each.target, items[index].clone())?;
                if let (Some(path), Target::Name(name)) = (&path, &each.target)
                    && matches!(items[index], Value::List(_) | Value::Map(_))
                {
                    me.locals.came_from(name, path.clone().then(Value::Int(places[index] as i128)));
                }
                me.body(&each.body, out)
            })?;
            if flow == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    /// The items that pass the loop's `if`, and their places.
    fn chosen(&mut self, each: &For, items: Vec<Value>) -> Result<Vec<(usize, Value)>, TemplateError> {
        let items = items.into_iter().enumerate();
        let Some(filter) = &each.filter else { return Ok(items.collect()) };
        let mut chosen = Vec::with_capacity(items.len());
        for (place, item) in items {
            let keep = self.scoped(|me| {
                me.assign(&each.target, item.clone())?;
                me.truth(filter)
            })?;
            if keep {
                chosen.push((place, item));
            }
        }
        Ok(chosen)
    }
}
