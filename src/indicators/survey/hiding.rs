//! What small numbers hide: rates that could tell about single respondents, and those that would give such a rate away by
//! subtraction.

use std::collections::BTreeSet;

use super::{Line, Mark, SchoolLine, Slice, Source, find};
use crate::pipeline::model::Survey;

/// Marks small numbers, and hides those of [`hidden`] with all that is said of the same group or area.
pub(super) fn suppress(survey: &Survey, lines: &mut [Line]) {
    let small = |n: f64| n < survey.mark_below;
    for line in lines.iter_mut().filter(|l| small(l.valid)) {
        line.mark = Mark::Small;
    }
    let all = find(lines, Source::Questionnaires, Slice::default()).map_or(0.0, |l| l.valid);
    // What a county states of itself, in its own form, is public already; and the rate of the whole county is what it is
    // judged by.
    let mut own: Vec<&mut Line> = lines
        .iter_mut()
        .filter(|l| l.source == Source::Questionnaires && l.slice != Slice::default())
        .collect();
    for part_of in [|s: Slice| s.group, |s: Slice| s.area] {
        let parts: Vec<(usize, f64)> = own
            .iter()
            .filter(|l| l.slice.dimension.is_none())
            .filter_map(|l| Some((part_of(l.slice)?, l.valid)))
            .collect();
        // Respondents of no area are found by subtraction like any other part.
        let rest = all - parts.iter().map(|(_, n)| n).sum::<f64>();
        let hide_these = hidden(&parts, rest, survey.suppress_below);
        let is_hidden = |l: &Line| part_of(l.slice).is_some_and(|p| hide_these.contains(&p));
        own.iter_mut()
            .filter(|l| is_hidden(l))
            .for_each(|l| hide(l));
    }
    let few = own.into_iter().filter(|l| l.valid < survey.suppress_below);
    few.for_each(hide);
}

fn hide(line: &mut Line) {
    line.mark = Mark::Suppressed;
    line.satisfied = None;
    line.base = None;
    line.rate = None;
    line.other_rate = None;
    line.interval = None;
    line.effective = None;
    line.effect = None;
}

/// Of the parts of a whole (with their numbers) those to hide: the small ones, and then the next smallest until those that
/// can be found by subtraction together are more than one and not small. `rest` is the number of those in no part.
fn hidden(parts: &[(usize, f64)], rest: f64, below: f64) -> Vec<usize> {
    let mut sorted = parts.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut count = sorted.iter().filter(|(_, n)| *n < below).count();
    let small_rest = rest > 0.0 && rest < below;
    if count == 0 && !small_rest {
        return Vec::new();
    }
    // Those in no part may be a group that is shown elsewhere: they hide nothing, unless they are few themselves.
    let few = if small_rest { rest } else { 0.0 };
    let others = usize::from(small_rest);
    let together = |count: usize| few + sorted.iter().take(count).map(|(_, n)| n).sum::<f64>();
    while count < sorted.len() && (count + others < 2 || together(count) < below) {
        count += 1;
    }
    sorted.iter().take(count).map(|(i, _)| *i).collect()
}

/// The same for the schools of a county with so many respondents in `all`.
pub(super) fn suppress_schools(survey: &Survey, schools: &mut [SchoolLine], all: f64) {
    for school in schools.iter_mut().filter(|s| s.valid < survey.mark_below) {
        school.mark = Mark::Small;
    }
    let parts: Vec<(usize, f64)> = schools.iter().map(|s| s.valid).enumerate().collect();
    let rest = all - parts.iter().map(|(_, n)| n).sum::<f64>();
    let mut hide: BTreeSet<usize> = hidden(&parts, rest, survey.suppress_below)
        .into_iter()
        .collect();
    // An area is the sum of its schools.
    for area in &survey.areas {
        let inside = |i: usize| {
            let own = schools[i].urban_rural.as_ref();
            own.is_some_and(|u| area.codes.contains(u))
        };
        // Those that are hidden already are small ones here.
        let own: Vec<(usize, f64)> = parts
            .iter()
            .filter(|(i, _)| inside(*i))
            .map(|(i, n)| match hide.contains(i) {
                true => (*i, n.min(survey.suppress_below - 1.0)),
                false => (*i, *n),
            })
            .collect();
        hide.extend(hidden(&own, 0.0, survey.suppress_below));
    }
    for i in hide {
        let school = &mut schools[i];
        school.mark = Mark::Suppressed;
        school.satisfied = None;
        school.rate = None;
        school.interval = None;
    }
}

#[cfg(test)]
mod tests {
    use super::hidden;

    #[test]
    fn what_is_hidden_cannot_be_found_by_subtraction() {
        let parts = |n: &[f64]| -> Vec<(usize, f64)> { n.iter().copied().enumerate().collect() };
        let of = |n: &[f64], rest: f64| hidden(&parts(n), rest, 10.0);
        assert_eq!(of(&[500.0, 8.0, 40.0], 0.0), [1, 2]);
        assert_eq!(of(&[500.0, 8.0, 4.0], 0.0), [2, 1]);
        assert_eq!(of(&[500.0, 1.0, 1.0, 30.0], 0.0), [1, 2, 3]);
        assert!(of(&[500.0, 80.0], 0.0).is_empty());
        assert_eq!(of(&[3.0], 0.0), [0]);
        // Three in no part are found by subtraction, unless a part is hidden with them.
        assert_eq!(of(&[500.0, 80.0], 3.0), [1]);
        assert!(of(&[500.0, 80.0], 40.0).is_empty());
        assert_eq!(of(&[500.0, 8.0, 70.0], 40.0), [1, 2]);
    }
}
