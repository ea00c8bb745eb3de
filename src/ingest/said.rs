//! What the answers of one questionnaire come to, whoever gave them. Most answers were given before by somebody else.

use super::answers::Satisfied;
use super::question_heads::Heads;
use crate::fixed::hash_of;
use crate::pipeline::model::{AnswerMeans, Survey};

/// No answer. Numbers above it are answers that could not be read.
pub(super) const BLANK: u8 = u8::MAX - 1;

/// What the answers of a questionnaire come to, whoever gave them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    /// Other answers, another number.
    pub(super) hash: u64,
    /// No question is answered.
    pub(super) none: bool,
    /// Answers to questions that must be answered.
    pub(super) given: usize,
    /// Answers that mean something, and those that say how satisfied somebody is.
    pub(super) answered: usize,
    pub(super) judged: u32,
    pub(super) satisfied: u32,
    pub(super) basic: u32,
    /// All are the same.
    pub(super) same: bool,
    /// Of the question about the whole.
    pub(super) whole: Option<AnswerMeans>,
    pub(super) one: Satisfied,
}

impl Said {
    pub(super) fn of(survey: &Survey, heads: &Heads, answers: &[u8]) -> Said {
        let asked = &heads.asked;
        let means = |q: usize| survey.words.get(usize::from(answers[q])).map(|w| w.means);
        let (mut satisfied, mut basic, mut judged, mut answered) = (0u32, 0u32, 0u32, 0usize);
        for (q, _) in asked {
            let m = means(*q);
            answered += usize::from(m.is_some());
            satisfied += u32::from(m == Some(AnswerMeans::Satisfied));
            basic += u32::from(m == Some(AnswerMeans::Basic));
            judged += u32::from(m.is_some_and(AnswerMeans::is_judgement));
        }
        let all = u32::try_from(asked.len()).unwrap_or(u32::MAX);
        let whole = means(heads.overall);
        let mut one = Satisfied::default();
        let hits = [satisfied, satisfied + basic];
        let whole_hits = [
            whole == Some(AnswerMeans::Satisfied),
            matches!(whole, Some(AnswerMeans::Satisfied | AnswerMeans::Basic)),
        ];
        let whole_judged = whole.is_some_and(AnswerMeans::is_judgement);
        let enough =
            |n: u32, of: u32| of > 0 && f64::from(n) * 100.0 >= survey.share * f64::from(of) - 1e-9;
        for (counts, of, asked_whole) in [
            (&mut one.within, all, true),
            (&mut one.known, judged, whole_judged),
        ] {
            counts.base = [u32::from(asked_whole), u32::from(of > 0), u32::from(of > 0)];
            for least in 0..2 {
                counts.hits[0][least] = u32::from(whole_hits[least]);
                counts.hits[1][least] = u32::from(enough(hits[least], of));
                counts.hits[2][least] = u32::from(of > 0 && hits[least] == of);
            }
        }
        let first = asked.first().map_or(BLANK, |(q, _)| answers[*q]);
        let given = |(q, required): &&(usize, bool)| *required && answers[*q] < BLANK;
        Said {
            hash: hash_of(answers),
            none: asked.iter().all(|(q, _)| answers[*q] == BLANK),
            given: asked.iter().filter(given).count(),
            answered,
            judged,
            satisfied,
            basic,
            same: asked.iter().all(|(q, _)| answers[*q] == first),
            whole,
            one,
        }
    }
}
