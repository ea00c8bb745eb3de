//! Message texts with `{slots}`. Which slots exist is checked when the pipeline is loaded.

/// A parsed message text.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Text(String),
    Slot(String),
}

impl Template {
    /// Splits a text at its slots.
    ///
    /// # Errors
    /// A brace without its partner.
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            if rest[open..].starts_with('}') {
                return Err("a '}' without its '{'".to_string());
            }
            let Some(close) = rest[open..].find('}') else {
                return Err("a '{' without its '}'".to_string());
            };
            if open > 0 {
                parts.push(Part::Text(rest[..open].to_string()));
            }
            parts.push(Part::Slot(rest[open + 1..open + close].trim().to_string()));
            rest = &rest[open + close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_string()));
        }
        Ok(Template { parts })
    }

    /// Texts and slots, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The slots, in order.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|p| match p {
            Part::Slot(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with every slot filled by `value`.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> String {
        self.parts
            .iter()
            .map(|p| match p {
                Part::Text(text) => text.clone(),
                Part::Slot(name) => value(name),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_found_and_filled() {
        let t = Template::parse("a {x} b {y}").unwrap();
        assert_eq!(t.slots().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(t.fill(|s| s.to_uppercase()), "a X b Y");
        assert!(Template::parse("a {x").is_err());
        assert!(Template::parse("a } x").is_err());
    }
}
