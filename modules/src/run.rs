//! From a call to its reply: exactly one, whatever happens inside.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::args::{CheckSupport, told};
use crate::module::Stop;
use crate::target::{Fail, Target};
use crate::wire::{Call, CallIo, Reply};
use crate::{background, find, own};

/// Runs the module that the call names.
pub fn run_call(call: Call, io: &mut dyn CallIo) -> Reply {
    if let Some(background) = call.background.clone() {
        return background::start(call, background, io);
    }
    run_call_under(Path::new("/"), call, io)
}

/// As [`run_call`], with the system's own files (`/etc/group`, …) looked for under `root`.
pub fn run_call_under(root: &Path, call: Call, io: &mut dyn CallIo) -> Reply {
    if call.module == own::MODULE {
        return run_own(root, &call, io);
    }
    let Some(entry) = find(&call.module) else {
        let failure = Some(format!("unknown module `{}`", call.module));
        return Reply { id: call.id, failure, ..Reply::default() };
    };
    if call.check && matches!(entry.check, CheckSupport::Skipped(_)) {
        let said = format!("remote module ({}) does not support check mode", entry.spec.name);
        let values = Map::from_iter([("skipped".into(), true.into()), ("msg".into(), said.into())]);
        return Reply { id: call.id, values, ..Reply::default() };
    }
    let mut args = call.args.clone();
    let mut target = Target::new(root, &call, io);
    entry.spec.expand_paths(&mut args, &target);
    let turn = turn(entry.spec.name, &args);
    let _mine = turn.as_deref().map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
    let outcome = catch_unwind(AssertUnwindSafe(|| (entry.start)(&args, &mut target)));
    let failure = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(Stop::Failed(fail))) => Some(fail),
        Ok(Err(Stop::Arguments(problems))) => Some(Fail::new(told(&problems))),
        Err(panic) => Some(bug(entry.spec.name, panic.as_ref())),
    };
    target.into_reply(call.id, failure)
}

/// Runs a module of the user's, which came with the call.
fn run_own(root: &Path, call: &Call, io: &mut dyn CallIo) -> Reply {
    let mut target = Target::new(root, call, io);
    let outcome = catch_unwind(AssertUnwindSafe(|| own::run(&call.args, &mut target)));
    let failure = outcome.map_or_else(|panic| Some(bug(own::MODULE, panic.as_ref())), Result::err);
    target.into_reply(call.id, failure)
}

/// Modules that read a file and write it again otherwise.
const EDITORS: [&str; 3] = ["blockinfile", "lineinfile", "replace"];

/// What must be held to edit a file: of what several hosts delegate to this one, nothing may be lost.
fn turn(module: &str, args: &Map<String, Value>) -> Option<Arc<Mutex<()>>> {
    static TURNS: LazyLock<Mutex<HashMap<String, Arc<Mutex<()>>>>> = LazyLock::new(Mutex::default);
    let file = ["path", "dest", "destfile", "name"].iter().find_map(|name| args.get(*name)?.as_str());
    let file = file.filter(|_| EDITORS.contains(&module))?.to_owned();
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    Some(turns.entry(file).or_default().clone())
}

fn bug(module: &str, panic: &dyn Any) -> Fail {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    // ansible: what goes wrong within a module is told so.
    Fail::new(format!("Task failed: Module failed: {words}"))
        .hint(&format!("the module `{module}` panicked, which is a bug of baton; please report it"))
}
