//! Methods of lists.

use std::sync::Arc;

use baton_modules::sorting::Sorting;

use super::super::super::truth::{compare, iterate};
use super::super::super::{Args, List, TemplateError, Value};
use super::super::Outcome;
use super::index;

pub(super) const CHANGING: &[&str] =
    &["append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"];
pub(super) const READING: &[&str] = &["index", "count", "copy"];

/// Methods that only look.
pub(super) fn read(items: &[Value], name: &str, args: Args) -> Outcome {
    match name {
        "copy" => Ok(Value::list(items.to_vec())),
        "count" => {
            let args = args.bind("count", &["value"])?;
            let wanted = args.required(0)?;
            Ok(Value::Int(items.iter().filter(|i| *i == wanted).count() as i128))
        }
        _ => {
            let args = args.bind("index", &["value", "start", "stop"])?;
            let wanted = args.required(0)?;
            let start = args.int(1, 0)?.max(0) as usize;
            let stop = args.int(2, items.len() as i128)?.max(0) as usize;
            let found = items.iter().take(stop).skip(start).position(|i| i == wanted);
            found
                .map(|at| Value::Int((at + start) as i128))
                .ok_or_else(|| TemplateError::failed(format!("{} is not in list", wanted.repr())))
        }
    }
}

/// Methods that change the list.
pub(super) fn change(list: &mut Arc<List>, name: &str, args: Args) -> Outcome {
    match name {
        "append" => {
            let item = args.bind(name, &["object"])?.required(0)?.clone();
            List::push(list, item);
        }
        "extend" => {
            let more = iterate(args.bind(name, &["iterable"])?.required(0)?)?;
            List::edit(list, |items| items.extend(more));
        }
        "insert" => {
            let args = args.bind(name, &["index", "object"])?;
            let (at, item) = (args.int(0, 0)?, args.required(1)?.clone());
            List::edit(list, |items| {
                let length = items.len() as i128;
                let at = if at < 0 { (at + length).max(0) } else { at.min(length) };
                items.insert(at as usize, item);
            });
        }
        "pop" => {
            let at = args.bind(name, &["index"])?.int(0, -1)?;
            return List::edit(list, |items| match index(at, items.len()) {
                Some(at) => Ok(items.remove(at)),
                None if items.is_empty() => Err(TemplateError::failed("pop from empty list")),
                None => Err(TemplateError::failed("pop index out of range")),
            });
        }
        "remove" => {
            let args = args.bind(name, &["value"])?;
            let wanted = args.required(0)?;
            let at = list.items.iter().position(|i| i == wanted);
            let at = at.ok_or_else(|| TemplateError::failed("list.remove(x): x not in list"))?;
            List::edit(list, |items| items.remove(at));
        }
        "clear" => List::edit(list, Vec::clear),
        "reverse" => List::edit(list, |items| items.reverse()),
        _ => {
            let mut args = args;
            let reverse = args.take("reverse").is_some_and(|r| super::super::super::is_truthy(&r));
            args.none(name)?;
            let mut sorted = list.items.clone();
            sort(&mut sorted)?;
            if reverse {
                sorted.reverse();
            }
            *list = Arc::new(List::new(sorted));
        }
    }
    Ok(Value::None)
}

fn sort(items: &mut [Value]) -> Result<(), TemplateError> {
    let mut failure = None;
    items.order_by(|a, b| {
        compare(a, b, "<").unwrap_or_else(|e| {
            failure.get_or_insert(e);
            std::cmp::Ordering::Equal
        })
    });
    failure.map_or(Ok(()), Err)
}
