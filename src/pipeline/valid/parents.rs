//! The list of schools that are counted with another one: every code whole, none twice, no parent that is itself counted
//! with another.

use std::collections::BTreeMap;

use super::Valid;
use crate::pipeline::model::{Kind, Table};

impl Valid<'_> {
    pub(super) fn parents(&mut self, school: &Table) -> BTreeMap<String, String> {
        let mut out: BTreeMap<String, String> = BTreeMap::new();
        let Some(list) = &self.raw.parents else {
            return out;
        };
        let length = school
            .position("school_code")
            .and_then(|c| match school.columns[c].kind {
                Kind::Code(length) => length,
                _ => None,
            });
        let whole = |code: &str| {
            !code.is_empty()
                && code.bytes().all(|b| b.is_ascii_digit())
                && length.is_none_or(|n| code.len() == n)
        };
        for (line, at) in &list.lines {
            for code in [&line.code, &line.parent_code] {
                if !whole(code) {
                    let help = length.map(|n| format!("a school's code has {n} digits"));
                    let message = format!("'{code}' is not the code of a school");
                    self.wrong(list.file, at.clone(), message, help);
                }
            }
            if line.code == line.parent_code {
                let message = format!("school '{}' is its own parent", line.code);
                self.wrong(list.file, at.clone(), message, None);
            }
            let twice = out.insert(line.code.clone(), line.parent_code.clone());
            if twice.is_some() {
                let message = format!("school '{}' stands twice", line.code);
                self.wrong(list.file, at.clone(), message, None);
            }
        }
        for (line, at) in &list.lines {
            if line.code != line.parent_code && out.contains_key(&line.parent_code) {
                let message = format!("parent '{}' is itself counted elsewhere", line.parent_code);
                let help = "name the school with which both are counted".to_string();
                self.wrong(list.file, at.clone(), message, Some(help));
            }
        }
        out
    }
}
