//! Slips of indentation: tabs, and lines that stand in no column of their neighbours.

use super::lines::Lines;
use super::patched::Patch;
use super::slip::Slip;
use baton_modules::sorting::Sorting;

/// How many lines above are looked at for columns a line may have been meant to stand in.
const REACH: usize = 80;

/// A tab where blanks must indent; all such lines at once.
pub(super) fn tabs(lines: &Lines, first: usize) -> Vec<Slip> {
    let tabbed: Vec<usize> = (first..lines.lines.len())
        .filter(|at| {
            let line = &lines.lines[*at];
            !line.idle && lines.slice(&(line.start..line.indent)).contains('\t')
        })
        .collect();
    let Some(line) = tabbed.first().filter(|at| **at <= first + 1).map(|at| &lines.lines[*at]) else {
        return Vec::new();
    };
    let tab = line.start + lines.slice(&(line.start..line.indent)).find('\t').unwrap_or(0);
    let more = match tabbed.len() - 1 {
        0 => String::new(),
        1 => " (and in one more line)".into(),
        more => format!(" (and in {more} more lines)"),
    };
    let slip = |width: usize| Slip {
        slug: "yaml-syntax",
        at: tab..line.indent,
        message: format!("a tab cannot indent{more}"),
        label: "a tab".into(),
        hint: "indent with blanks only".into(),
        patches: tabbed.iter().map(|at| untabbed(lines, *at, width)).collect(),
    };
    [8, 4, 2].into_iter().map(slip).collect()
}

fn untabbed(lines: &Lines, line: usize, width: usize) -> Patch {
    let range = lines.lines[line].start..lines.lines[line].indent;
    Patch { text: lines.slice(&range).replace('\t', &" ".repeat(width)), range }
}

/// A line whose column none of its neighbours has.
pub(super) fn wrong_columns(lines: &Lines, at: usize) -> Vec<Slip> {
    let Some(line) = lines.lines.get(at).filter(|l| !l.idle) else { return Vec::new() };
    let column = line.column();
    let mut columns: Vec<usize> = Vec::new();
    let above = lines.lines[at.saturating_sub(REACH)..at].iter().rev().filter(|l| !l.idle);
    for other in above {
        columns.extend([other.content_column(), other.column()]);
    }
    columns.retain(|c| *c != column);
    columns.order_by_key(|c| (c.abs_diff(column), *c));
    columns.dedup();
    // Right below the beginning of a list item, its further keys are the likeliest.
    if let Some(above) = lines.above(at).map(|a| &lines.lines[a]).filter(|l| l.is_item() && l.key.is_some()) {
        columns.retain(|c| *c != above.content_column());
        if above.content_column() != column {
            columns.insert(0, above.content_column());
        }
    }
    columns.into_iter().take(6).map(|wanted| moved(lines, at, wanted)).collect()
}

/// The slip of a line, and of all that belongs to it, that ought to stand in column `wanted`.
fn moved(lines: &Lines, at: usize, wanted: usize) -> Slip {
    let line = &lines.lines[at];
    let column = line.column();
    let end = match column {
        0 => at + 1,
        _ => lines.end_of_block(at, column - 1),
    };
    let moving = (at..end).filter(|l| !lines.lines[*l].idle);
    let patches = moving.map(|l| shifted(lines, l, column, wanted)).collect();
    let neighbour = neighbour(lines, at, wanted);
    let side = if column > wanted { "right" } else { "left" };
    let by = match column.abs_diff(wanted) {
        1 => "one column".into(),
        n => format!("{n} columns"),
    };
    let shown = match &line.key {
        _ if line.is_item() => "this list item".into(),
        Some(key) => format!("`{}`", lines.slice(key)),
        None => "this line".into(),
    };
    Slip {
        slug: "yaml-syntax",
        at: line.indent..line.key.as_ref().map_or(line.value.end, |k| k.end),
        message: format!("wrong indentation of {shown}"),
        label: format!("stands {by} too far to the {side}"),
        hint: match neighbour {
            Some(other) => format!("begin it in the column of `{other}`, column {}", wanted + 1),
            None => format!("begin it in column {}", wanted + 1),
        },
        patches,
    }
}

fn shifted(lines: &Lines, at: usize, from: usize, to: usize) -> Patch {
    let line = &lines.lines[at];
    let column = (line.column() + to).saturating_sub(from);
    if column >= line.column() {
        let more = column - line.column();
        return Patch { range: line.indent..line.indent, text: " ".repeat(more) };
    }
    Patch { range: line.start + column..line.indent, text: String::new() }
}

/// The key or dash above that stands in a column.
fn neighbour<'t>(lines: &Lines<'t>, at: usize, column: usize) -> Option<&'t str> {
    let item = lines.lines[at].is_item();
    lines.lines[at.saturating_sub(REACH)..at].iter().rev().filter(|l| !l.idle).find_map(|l| {
        if l.content_column() == column && !item {
            return l.key.as_ref().map(|k| lines.slice(k));
        }
        (item && l.is_item() && l.column() == column).then(|| lines.slice(&(l.indent..l.value.end)))
    })
}
