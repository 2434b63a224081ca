//! A JUnit report at the end: a suite for each play, a case for each task on each host.

use std::collections::HashMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Output, Screen, python, text};
use crate::event::{Event, Outcome, Stats, TaskInfo, TaskResult};

/// Collects cases, and prints the report when the run is over.
pub(crate) struct Junit {
    screen: Screen,
    report: Report,
    suite: Option<TestSuite>,
    tasks: HashMap<u64, TaskInfo>,
    started: f64,
    play_started: f64,
}

impl Junit {
    /// Prints to `screen`.
    pub(crate) fn new(screen: Screen) -> Self {
        let report = Report::new("baton");
        Self { screen, report, suite: None, tasks: HashMap::new(), started: 0.0, play_started: 0.0 }
    }

    fn close(&mut self, time: f64) {
        if let Some(mut suite) = self.suite.take() {
            suite.set_time(span(self.play_started, time));
            self.report.add_test_suite(suite);
        }
    }

    fn case(&mut self, task: u64, host: &str, result: &TaskResult, rescued: bool) {
        let (Some(task), Some(suite)) = (self.tasks.get(&task), self.suite.as_mut()) else { return };
        let name = if task.name.is_empty() { &task.action } else { &task.name };
        let mut case = TestCase::new(format!("[{host}] {}", text::clean(name)), status(result, rescued));
        case.set_classname(task.place.clone());
        case.set_time(Duration::try_from_secs_f64(result.seconds).unwrap_or_default());
        if !result.censored {
            let field = |name: &str| result.result.get(name).map(python::str).filter(|text| !text.is_empty());
            if let Some(out) = field("stdout") {
                case.set_system_out(text::clean(&out));
            }
            if let Some(err) = field("stderr") {
                case.set_system_err(text::clean(&err));
            }
        }
        suite.add_test_case(case);
    }

    fn print(&mut self, time: f64) {
        self.close(time);
        self.report.set_time(span(self.started, time));
        match self.report.to_string() {
            Ok(text) => self.screen.line(&text),
            Err(error) => self.screen.error_line(&format!("error: the report cannot be written: {error}")),
        }
    }
}

impl Output for Junit {
    fn event(&mut self, event: &Event, _: &Stats) {
        match event {
            Event::RunStarted { time, playbooks, .. } => {
                self.started = *time;
                self.report.name = Some(playbooks.join(" ").into());
            }
            Event::PlayStarted { play, time, .. } => {
                self.close(*time);
                (self.suite, self.play_started) = (Some(TestSuite::new(play.clone())), *time);
            }
            Event::TaskStarted { task, .. } => {
                self.tasks.insert(task.id, task.clone());
            }
            Event::HostFinished { task, host, result, rescued, .. } => {
                self.case(*task, host, result, *rescued)
            }
            Event::PlayFinished { time, .. } => self.close(*time),
            Event::RunFinished { time, .. } => self.print(*time),
            _ => {}
        }
    }
}

fn span(from: f64, to: f64) -> Duration {
    Duration::try_from_secs_f64(to - from).unwrap_or_default()
}

fn status(result: &TaskResult, rescued: bool) -> TestCaseStatus {
    let kind = match result.outcome {
        Outcome::Skipped | Outcome::Unknown => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(result.skip_reason.clone().unwrap_or_default());
            return skipped;
        }
        Outcome::Failed if !rescued => NonSuccessKind::Failure,
        Outcome::Unreachable => NonSuccessKind::Error,
        _ => return TestCaseStatus::success(),
    };
    let mut failed = TestCaseStatus::non_success(kind);
    if result.censored {
        failed.set_message("the result is hidden by `no_log`");
        return failed;
    }
    let message = result.result.get("msg").map(python::str).unwrap_or_default();
    failed.set_message(text::clean(&message));
    if let Some(explanation) = &result.explanation {
        failed.set_description(text::clean(explanation));
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Buffer, recording, tell};
    use super::*;

    #[test]
    fn a_run_becomes_a_report() {
        let buffer = Buffer::default();
        let mut output = Junit::new(buffer.screen());
        tell(&mut output, &recording());
        assert_eq!(
            buffer.text(),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="site.yml" tests="4" skipped="1" failures="1" errors="0" time="72.500">
    <testsuite name="web servers" tests="4" skipped="1" errors="0" failures="1" time="72.250">
        <testcase name="[web1] install" classname="site.yml:3" time="0.500">
            <system-out>done</system-out>
        </testcase>
        <testcase name="[web2] install" classname="site.yml:3" time="0.500">
            <failure message="no space left"/>
        </testcase>
        <testcase name="[web1] look" classname="site.yml:7" time="0.125">
            <skipped message="`x` is false"/>
        </testcase>
        <testcase name="[web1] say" classname="site.yml:9" time="0.125"/>
    </testsuite>
</testsuites>
"#
        );
    }
}
