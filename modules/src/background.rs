//! Calls left running in the background: a process of its own that outlives the worker and the
//! connection, and the file that tells what came of it, as Ansible's `~/.ansible_async` has them.

use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::run_call;
use crate::wire::{Background, Call, CallIo, Change, Reply, Stream};

/// The argument that a process of a job is started with.
const JOB: &str = "worker-job";

/// What is said of a job that took too long.
pub const LATE: &str = "async task did not complete within the requested time";

/// Starts the call as a job; the reply tells where to look for its end.
pub(crate) fn start(mut call: Call, background: Background, io: &mut dyn CallIo) -> Reply {
    let id = call.id;
    let failed = |what: &str, error: &io::Error| Reply {
        id,
        failure: Some(format!("{what}: {error}")),
        ..Reply::default()
    };
    let directory = directory(&background.directory);
    if let Err(error) = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory) {
        return failed("cannot make the directory of jobs", &error);
    }
    let file = directory.join(&background.job);
    let begun = json!({ "started": 1, "finished": 0, "ansible_job_id": background.job });
    if let Err(error) = write(&file, &begun) {
        return failed("cannot write the file of the job", &error);
    }
    if let Err(error) = spool(&call, &file, io) {
        let _ = std::fs::remove_file(&file);
        return failed("cannot keep what the job needs", &error);
    }
    call.background = Some(Background { directory: directory.display().to_string(), ..background.clone() });
    if let Err(error) = spawn(&call) {
        let _ = std::fs::remove_file(&file);
        return failed("cannot start the job", &error);
    }
    let values = json!({
        "ansible_job_id": background.job,
        "results_file": file.display().to_string(),
        "started": true,
        "finished": false,
    });
    let values = values.as_object().cloned().unwrap_or_default();
    Reply { id, change: Change::Yes, values, ..Reply::default() }
}

/// The directory with the files that a job was sent; removed when it has ended.
fn spooled(file: &Path) -> PathBuf {
    file.with_extension("files")
}

/// Takes the files that came with the call, which the job cannot ask for any more.
fn spool(call: &Call, file: &Path, io: &mut dyn CallIo) -> io::Result<()> {
    if call.bodies.is_empty() {
        return Ok(());
    }
    let directory = spooled(file);
    std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
    for (index, body) in call.bodies.iter().enumerate() {
        let mut options = std::fs::OpenOptions::new();
        let mut out =
            options.write(true).create_new(true).mode(0o600).open(directory.join(index.to_string()))?;
        io::copy(&mut io.open_body(&body.name)?, &mut out)?;
    }
    Ok(())
}

/// `~` is the home of the user that the worker runs as.
pub(crate) fn directory(text: &str) -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_else(|| "/".into());
    match text.strip_prefix("~/") {
        Some(rest) => home().join(rest),
        None if text.is_empty() => home().join(".ansible_async"),
        None => PathBuf::from(text),
    }
}

/// The call goes through a pipe: its arguments may be secret.
fn spawn(call: &Call) -> io::Result<()> {
    let text = serde_json::to_vec(call).map_err(io::Error::other)?;
    let mut child = Command::new("/proc/self/exe")
        .arg(JOB)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut pipe = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    pipe.write_all(&text)
}

/// Runs a job if this process was started for one.
pub fn guise() -> bool {
    let mut args = std::env::args_os().skip(1);
    let asked = args.next().is_some_and(|arg| arg == JOB) && args.next().is_none();
    if asked {
        // What ended the worker must not end the job.
        let _ = rustix::process::setsid();
        let mut text = Vec::new();
        let call = io::stdin().read_to_end(&mut text).ok().and_then(|_| serde_json::from_slice(&text).ok());
        call.into_iter().for_each(job);
    }
    asked
}

fn job(mut call: Call) {
    let Some(background) = call.background.take() else { return };
    let file = Path::new(&background.directory).join(&background.job);
    let (late, limit) = (file.clone(), background.clone());
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs_f64(limit.seconds.max(0.0)));
        let reply = Reply { failure: Some(LATE.into()), ..Reply::default() };
        let _ = write(&late, &told(&limit.job, reply));
        let _ = std::fs::remove_dir_all(spooled(&late));
        // What the module runs ends with it.
        let _ =
            rustix::process::kill_process_group(rustix::process::getpgrp(), rustix::process::Signal::KILL);
    });
    let bodies = call.bodies.iter().map(|body| body.name.clone()).collect();
    let reply = run_call(call, &mut Nobody { directory: spooled(&file), bodies });
    let _ = std::fs::remove_dir_all(spooled(&file));
    let _ = write(&file, &told(&background.job, reply));
}

/// A reply as the result that Ansible registers.
fn told(job: &str, reply: Reply) -> Value {
    let mut result = Map::new();
    result.insert("changed".into(), (reply.change == Change::Yes).into());
    result.extend(reply.values);
    if reply.change == Change::Unknown {
        result.insert("skipped".into(), true.into());
        result.insert("unknown".into(), true.into());
    }
    if let Some(message) = reply.failure {
        result.insert("failed".into(), 1.into());
        result.insert("msg".into(), message.into());
    }
    if !reply.warnings.is_empty() {
        result.insert("warnings".into(), reply.warnings.into());
    }
    result.insert("ansible_job_id".into(), job.into());
    result.insert("started".into(), 1.into());
    result.insert("finished".into(), 1.into());
    Value::Object(result)
}

/// Writes the file of a job at once, readable to its owner only.
fn write(file: &Path, value: &Value) -> io::Result<()> {
    let new = file.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    out.write_all(value.to_string().as_bytes())?;
    std::fs::rename(new, file)
}

/// Nobody listens to a job; what it was sent lies beside its file.
struct Nobody {
    directory: PathBuf,
    bodies: Vec<String>,
}

impl CallIo for Nobody {
    fn log(&mut self, _: Stream, _: &str) {}

    fn open_body(&mut self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let Some(index) = self.bodies.iter().position(|body| body == name) else {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("`{name}` came not with the job")));
        };
        Ok(Box::new(std::fs::File::open(self.directory.join(index.to_string()))?))
    }

    fn send_body(&mut self, name: &str, _: &mut dyn Read) -> io::Result<u64> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("a job cannot send files: `{name}`")))
    }

    fn cancelled(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_a_job_is_that_of_its_module_and_says_that_it_is_finished() {
        let reply = Reply { failure: Some("no".into()), ..Reply::default() };
        assert_eq!(
            told("j1", reply),
            json!({"changed": false, "failed": 1, "msg": "no", "ansible_job_id": "j1", "started": 1, "finished": 1})
        );
    }

    #[test]
    fn the_file_of_a_job_is_private_and_replaced_at_once() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("j1.2");
        write(&file, &json!({"a": 1})).unwrap();
        write(&file, &json!({"a": 2})).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"a\":2}");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
