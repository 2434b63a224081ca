//! Filters of chance; a seed gives the same choice as in Python.

use rand::RngExt;

use super::super::mersenne::Mersenne;
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("random", "A number below it, or one of its items.", random),
    Filter::new("shuffle", "Its items in another order.", shuffle),
    Filter::new("random_mac", "A hardware address that begins as given.", random_mac),
];

/// Where numbers come from.
pub(in crate::template) enum Chance {
    Seeded(Box<Mersenne>),
    Free,
}

impl Chance {
    /// Numbers that follow from a seed, or from nothing.
    pub(in crate::template) fn new(seed: Option<&Value>) -> Self {
        match seed {
            None => Chance::Free,
            Some(seed) => Chance::Seeded(Box::new(match seed.as_int() {
                Some(seed) => Mersenne::from_int(seed),
                None => Mersenne::from_text(&seed.to_text()),
            })),
        }
    }

    /// A number less than `limit`, which is not 0.
    pub(in crate::template) fn below(&mut self, limit: usize) -> usize {
        match self {
            Chance::Seeded(seeded) => seeded.below(limit as u128) as usize,
            Chance::Free => rand::rng().random_range(0..limit),
        }
    }
}

fn random(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("random", &["start", "step", "seed"])?;
    let mut chance = Chance::new(args.some(2));
    let Some(end) = input.as_int() else {
        if args.some(0).is_some() || args.some(1).is_some() {
            return Err(TemplateError::failed("random: `start` and `step` are for numbers, not for lists")
                .words("start and step can only be used with integer values"));
        }
        let items = iterate(&input)
            .map_err(|_| TemplateError::failed("random can only be used on lists and numbers"))?;
        return match items.len() {
            0 => Err(TemplateError::failed("random: the list is empty")),
            length => Ok(items[chance.below(length)].clone()),
        };
    };
    let (start, step) = (args.int(0, 0)?, args.int(1, 1)?);
    let width = end - start;
    if step == 0 || (step > 0) != (width > 0) {
        return Err(TemplateError::failed(format!("random: there is no number between {start} and {end}")));
    }
    let count = width.unsigned_abs().div_ceil(step.unsigned_abs());
    let count =
        usize::try_from(count).map_err(|_| TemplateError::failed("random: the range is too large"))?;
    Ok(Value::Int(start + step * chance.below(count) as i128))
}

fn shuffle(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("shuffle", &["seed"])?;
    let mut chance = Chance::new(args.some(0));
    let Ok(mut items) = iterate(&input) else { return Ok(input) };
    for at in (1..items.len()).rev() {
        items.swap(at, chance.below(at + 1));
    }
    Ok(Value::list(items))
}

fn random_mac(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("random_mac", &["seed"])?;
    let wrong = || {
        TemplateError::failed(format!(
            "random_mac: expected up to five bytes such as `52:54:00`, found `{}`",
            input.to_text()
        ))
    };
    let begin = input.as_str().ok_or_else(wrong)?.to_lowercase();
    let bytes: Vec<&str> = begin.split(':').collect();
    let hexadecimal = |b: &&str| b.len() >= 2 && b.chars().take(2).all(|c| c.is_ascii_hexdigit());
    if bytes.len() > 5 || !bytes.iter().all(hexadecimal) {
        return Err(wrong());
    }
    // ansible: ten digits, the first of which is not 0.
    let number = 0x10_0000_0000 + Chance::new(args.some(0)).below(0xf0_0000_0000);
    let digits = format!("{number:x}");
    let rest = (0..6 - bytes.len()).map(|at| format!(":{}", &digits[2 * at..2 * at + 2]));
    Ok(Value::from(begin.clone() + &rest.collect::<String>()))
}
