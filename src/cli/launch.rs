//! The outputs of a run, and what carries it: threads, signals, the channel of events.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::flags::{Color, Format, OutputFlags};
use super::{Exit, Problem, color, record};
use crate::config::{Config, ResultFormat};
use crate::output::{
    self, Adhoc, Ansible, AnsibleSettings, DefaultOutput, Json, Junit, Log, Minimal, Output, Screen, Status,
    new_place,
};

/// How events are shown.
pub(super) struct Look<'a> {
    pub(super) format: Format,
    pub(super) color: Color,
    pub(super) config: &'a Config,
    pub(super) adhoc: Adhoc,
}

/// Standard output and error.
pub(super) fn screen(wanted: Color) -> Screen {
    let mut screen = Screen::new(std::io::stdout(), std::io::stderr());
    screen.color = color::stdout(wanted);
    screen.columns = color::columns();
    screen
}

impl Look<'_> {
    /// The output that writes to `screen`.
    pub(super) fn output(&self, screen: Screen) -> Box<dyn Output> {
        match self.format {
            Format::Default => Box::new(DefaultOutput::new(screen)),
            Format::Ansible => Box::new(Ansible::new(screen, self.ansible())),
            Format::Minimal => Box::new(Minimal::new(screen, false, self.adhoc.clone())),
            Format::Oneline => Box::new(Minimal::new(screen, true, self.adhoc.clone())),
            Format::Json => Box::new(Json::new(screen)),
            Format::Junit => Box::new(Junit::new(screen)),
        }
    }

    fn ansible(&self) -> AnsibleSettings {
        let config = self.config;
        AnsibleSettings {
            display_skipped_hosts: *config.display_skipped_hosts,
            display_ok_hosts: *config.display_ok_hosts,
            display_failed_stderr: *config.display_failed_stderr,
            check_mode_markers: *config.check_mode_markers,
            show_custom_stats: *config.show_custom_stats,
            least_verbosity: 0,
            show_task_path_on_failure: *config.show_task_path_on_failure,
            result_format: match *config.callback_result_format {
                ResultFormat::Json => output::ResultFormat::Json,
                ResultFormat::Yaml => output::ResultFormat::Yaml,
            },
            format_pretty: config.callback_format_pretty.value,
        }
    }

    /// All outputs of a run: the status line where it can be seen, the one asked for, and the record.
    pub(super) fn outputs(&self, log: Option<&PathBuf>) -> Result<Vec<Box<dyn Output>>, Problem> {
        let mut outputs: Vec<Box<dyn Output>> = Vec::new();
        // First the record: what a user has seen is on the disk.
        if let Some(path) = log {
            outputs.push(Box::new(Log::create(path, Screen::new(std::io::sink(), std::io::stderr()))?));
        }
        if record::is_open() {
            let screen = Screen::new(record::Recorded, record::Recorded);
            outputs.push(match self.format {
                Format::Minimal | Format::Oneline => self.output(screen),
                _ => {
                    let least_verbosity =
                        self.config.log_verbosity.map_or(0, |more| u8::try_from(more).unwrap_or(u8::MAX));
                    Box::new(Ansible::new(screen, AnsibleSettings { least_verbosity, ..self.ansible() }))
                }
            });
        }
        let visible = std::io::stderr().is_terminal() && self.format == Format::Default;
        if visible {
            let status = Status::new();
            let mut screen = Screen::new(status.above(std::io::stdout()), status.above(std::io::stderr()));
            screen.color = color::stdout(self.color);
            screen.columns = color::columns();
            outputs.push(self.output(screen));
            outputs.push(Box::new(status));
        } else {
            outputs.push(self.output(screen(self.color)));
        }
        Ok(outputs)
    }
}

/// Where this run is recorded.
pub(super) fn log_place(flags: &OutputFlags) -> Result<Option<PathBuf>, Problem> {
    if flags.no_log {
        return Ok(None);
    }
    if let Some(path) = &flags.log {
        return Ok(Some(std::path::absolute(path).map_err(Problem::Start)?));
    }
    let home = || std::env::home_dir().map(|home| home.join(".local/state"));
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let Some(state) = state.or_else(home) else { return Ok(None) };
    let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let id = uuid::Uuid::new_v4().simple().to_string();
    match new_place(&state, &time, &id[..8]) {
        Ok(path) => Ok(Some(path)),
        Err(error) => {
            // A home that cannot be written to is no reason not to run.
            say(&format!("warning: the run is not recorded: {error}"));
            Ok(None)
        }
    }
}

/// Seconds since 1970.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Writes a command's answer to standard output.
pub(super) fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    // A reader that has gone (`| head`) has seen what it wanted.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a line to standard error; nobody need be there to read it.
pub(super) fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
    record::write(text);
}

/// Draws a problem on standard error.
pub(super) fn tell(problem: &Problem, wanted: Color) -> Exit {
    say(&problem.render(color::stderr(wanted)));
    problem.exit()
}
