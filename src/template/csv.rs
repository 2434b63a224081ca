//! CSV as Python's `csv` reads it.

/// The rows of a text, quotes resolved, blank lines left out.
pub(crate) fn rows(text: &str, delimiter: char, skip_blanks: bool) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    // Within quotes; and whether the field has begun, be it with quotes around nothing.
    let (mut quoted, mut begun) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            c if quoted => field.push(c),
            '"' if !begun => (quoted, begun) = (true, true),
            ' ' if skip_blanks && !begun => {}
            c if c == delimiter => {
                row.push(std::mem::take(&mut field));
                begun = false;
            }
            '\r' => {}
            '\n' => {
                if begun || !row.is_empty() {
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                begun = false;
            }
            c => {
                field.push(c);
                begun = true;
            }
        }
    }
    if begun || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}
