//! Text as a page shows it: runs of white space are one space, and lines end where the markup ends them. Nothing else.

/// Text that is being read.
#[derive(Debug, Default)]
pub struct Lines {
    text: String,
    space: bool,
}

impl Lines {
    /// Adds text as it stands in the markup.
    pub fn push(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\x0C' => self.space = true,
                _ => {
                    if self.space && !self.text.is_empty() && !self.text.ends_with('\n') {
                        self.text.push(' ');
                    }
                    self.space = false;
                    self.text.push(if c == '\u{a0}' { ' ' } else { c });
                }
            }
        }
    }

    /// Ends the line.
    pub fn end_line(&mut self) {
        self.space = false;
        self.text.push('\n');
    }

    /// Ends the line if anything stands in it.
    pub fn begin_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.end_line();
        }
    }

    /// Adds lines as they were taken from others.
    pub fn add_lines(&mut self, lines: &str) {
        self.begin_line();
        self.text.push_str(lines);
    }

    /// The text without white space around it; nothing of it stays.
    pub fn take(&mut self) -> String {
        let text = self.text.trim().to_string();
        self.text.clear();
        self.space = false;
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_lines() {
        let mut lines = Lines::default();
        lines.push("\n  a \t b");
        lines.push("  ");
        lines.push("c\u{a0}\u{a0}d ");
        lines.begin_line();
        lines.begin_line();
        lines.push(" e");
        lines.end_line();
        lines.end_line();
        lines.push("f\n");
        assert_eq!(lines.take(), "a b c  d\ne\n\nf");
        assert_eq!(lines.take(), "");
    }
}
