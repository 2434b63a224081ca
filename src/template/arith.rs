//! Python's operators on two values.

use super::tree::BinaryOp;
use super::{TemplateError, Value, clock, printf};

type Outcome = Result<Value, TemplateError>;

/// Applies an operator.
pub(crate) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Outcome {
    if let Value::Undefined(u) = left {
        return Err(TemplateError::undefined(u));
    }
    if let Value::Undefined(u) = right {
        return Err(TemplateError::undefined(u));
    }
    if matches!(left, Value::Object(_)) || matches!(right, Value::Object(_)) {
        return clock::binary(op, left, right).unwrap_or_else(|| on_values(op, &plain(left), &plain(right)));
    }
    on_values(op, left, right)
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(o) => o.to_plain().unwrap_or_else(|| value.clone()),
        other => other.clone(),
    }
}

fn on_values(op: BinaryOp, left: &Value, right: &Value) -> Outcome {
    let result = match op {
        BinaryOp::Add => add(left, right)?,
        BinaryOp::Sub => numeric(left, right, i128::checked_sub, |a, b| a - b)?,
        BinaryOp::Mul => multiply(left, right)?,
        BinaryOp::Div => divide(left, right)?,
        BinaryOp::FloorDiv => floor_divide(left, right)?,
        BinaryOp::Rem => match left {
            Value::Str(format) => Some(Value::from(printf::format(format, right)?)),
            _ => remainder(left, right)?,
        },
        BinaryOp::Pow => power(left, right)?,
        BinaryOp::Concat => Some(Value::from(left.to_text() + &right.to_text())),
    };
    result.ok_or_else(|| unsupported(op, left, right))
}

fn unsupported(op: BinaryOp, left: &Value, right: &Value) -> TemplateError {
    let (l, r) = (left.type_name(), right.type_name());
    if op == BinaryOp::Add && matches!(left, Value::Str(_) | Value::List(_) | Value::Tuple(_)) {
        return TemplateError::failed(format!("can only concatenate {l} (not \"{r}\") to {l}"));
    }
    let sign = match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Rem => "%",
        BinaryOp::Pow => "** or pow()",
        BinaryOp::Concat => "~",
    };
    TemplateError::failed(format!("unsupported operand type(s) for {sign}: '{l}' and '{r}'"))
}

fn too_large() -> TemplateError {
    TemplateError::failed("the number is too large")
}

fn numeric(
    left: &Value,
    right: &Value,
    whole: fn(i128, i128) -> Option<i128>,
    broken: fn(f64, f64) -> f64,
) -> Result<Option<Value>, TemplateError> {
    match (left.as_int(), right.as_int()) {
        (Some(a), Some(b)) => whole(a, b).map(|i| Some(Value::Int(i))).ok_or_else(too_large),
        _ => Ok(left.as_float().zip(right.as_float()).map(|(a, b)| Value::Float(broken(a, b)))),
    }
}

fn add(left: &Value, right: &Value) -> Result<Option<Value>, TemplateError> {
    Ok(match (left, right) {
        (Value::Str(a), Value::Str(b)) => Some(Value::from(format!("{a}{b}"))),
        (Value::List(a), Value::List(b)) => Some(Value::list(a.items.iter().chain(&b.items).cloned())),
        (Value::Tuple(a), Value::Tuple(b)) => Some(Value::tuple(a.items.iter().chain(&b.items).cloned())),
        _ => numeric(left, right, i128::checked_add, |a, b| a + b)?,
    })
}

fn multiply(left: &Value, right: &Value) -> Result<Option<Value>, TemplateError> {
    let (sequence, times) = match (left.as_int(), right.as_int()) {
        (None, Some(times)) => (left, times),
        (Some(times), None) => (right, times),
        _ => return numeric(left, right, i128::checked_mul, |a, b| a * b),
    };
    let times = usize::try_from(times.max(0)).map_err(|_| too_large())?;
    let limited = |length: usize| match length.checked_mul(times) {
        Some(total) if total <= 100_000_000 => Ok(()),
        _ => Err(TemplateError::failed("the repeated sequence is too large")),
    };
    Ok(match sequence {
        Value::Str(s) => {
            limited(s.len())?;
            Some(Value::from(s.repeat(times)))
        }
        Value::List(l) | Value::Tuple(l) => {
            limited(l.items.len())?;
            let items = std::iter::repeat_n(&l.items, times).flatten().cloned();
            Some(if matches!(sequence, Value::List(_)) { Value::list(items) } else { Value::tuple(items) })
        }
        _ => numeric(left, right, i128::checked_mul, |a, b| a * b)?,
    })
}

fn by_zero() -> TemplateError {
    TemplateError::failed("division by zero")
}

fn divide(left: &Value, right: &Value) -> Result<Option<Value>, TemplateError> {
    match left.as_float().zip(right.as_float()) {
        Some((_, 0.0)) => Err(by_zero()),
        Some((a, b)) => Ok(Some(Value::Float(a / b))),
        None => Ok(None),
    }
}

fn floor_divide(left: &Value, right: &Value) -> Result<Option<Value>, TemplateError> {
    if let Some((a, b)) = left.as_int().zip(right.as_int()) {
        let quotient = a.checked_div(b).ok_or_else(by_zero)?;
        let down = a % b != 0 && (a < 0) != (b < 0);
        return Ok(Some(Value::Int(quotient - i128::from(down))));
    }
    match left.as_float().zip(right.as_float()) {
        Some((_, 0.0)) => Err(by_zero()),
        Some((a, b)) => Ok(Some(Value::Float((a / b).floor()))),
        None => Ok(None),
    }
}

fn remainder(left: &Value, right: &Value) -> Result<Option<Value>, TemplateError> {
    if let Some((a, b)) = left.as_int().zip(right.as_int()) {
        let rest = a.checked_rem(b).ok_or_else(by_zero)?;
        let wrap = rest != 0 && (rest < 0) != (b < 0);
        return Ok(Some(Value::Int(if wrap { rest + b } else { rest })));
    }
    match left.as_float().zip(right.as_float()) {
        Some((_, 0.0)) => Err(by_zero()),
        Some((a, b)) => {
            let rest = a % b;
            Ok(Some(Value::Float(if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest })))
        }
        None => Ok(None),
    }
}

fn power(left: &Value, right: &Value) -> Result<Option<Value>, TemplateError> {
    if let Some((a, b)) = left.as_int().zip(right.as_int())
        && b >= 0
    {
        let exponent = u32::try_from(b).map_err(|_| too_large())?;
        return a.checked_pow(exponent).map(|i| Some(Value::Int(i))).ok_or_else(too_large);
    }
    Ok(left.as_float().zip(right.as_float()).map(|(a, b)| Value::Float(a.powf(b))))
}

/// Unary minus.
pub(crate) fn negate(value: &Value) -> Outcome {
    match value {
        Value::Undefined(u) => Err(TemplateError::undefined(u)),
        Value::Float(f) => Ok(Value::Float(-f)),
        other => match other.as_int() {
            Some(i) => Ok(Value::Int(-i)),
            None => {
                Err(TemplateError::failed(format!("bad operand type for unary -: '{}'", other.type_name())))
            }
        },
    }
}
