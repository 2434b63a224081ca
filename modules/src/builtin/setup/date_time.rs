//! The time on the target.

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::json;

use super::collector::{Facts, facts as object};
use super::machine::Machine;

/// The time, in the target's zone and in UTC.
pub(super) fn facts(_: &Machine) -> Facts {
    at(&Zoned::now())
}

fn at(now: &Zoned) -> Facts {
    let utc = now.with_time_zone(TimeZone::UTC);
    let local = |format: &str| now.strftime(format).to_string();
    let epoch = now.timestamp().as_second().to_string();
    object(json!({"date_time": {
        "year": local("%Y"),
        "month": local("%m"),
        "weekday": local("%A"),
        "weekday_number": local("%w"),
        "weeknumber": local("%W"),
        "day": local("%d"),
        "hour": local("%H"),
        "minute": local("%M"),
        "second": local("%S"),
        "epoch": epoch,
        "epoch_int": epoch,
        "date": local("%Y-%m-%d"),
        "time": local("%H:%M:%S"),
        "iso8601_micro": utc.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        "iso8601": utc.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "iso8601_basic": local("%Y%m%dT%H%M%S%6f"),
        "iso8601_basic_short": local("%Y%m%dT%H%M%S"),
        "tz": local("%Z"),
        "tz_dst": summer_name(now),
        "tz_offset": local("%z"),
    }}))
}

/// What the zone is called in summer; where it has no summer, what it is called.
fn summer_name(now: &Zoned) -> String {
    let zone = now.time_zone();
    let coming = zone.following(now.timestamp()).take(4);
    let summer =
        coming.filter(|change| change.dst().is_dst()).map(|change| change.abbreviation().to_owned()).next();
    summer.unwrap_or_else(|| now.strftime("%Z").to_string())
}

#[cfg(test)]
mod tests {
    use super::at;

    #[test]
    fn a_time_is_told_in_its_zone() {
        let now: jiff::Zoned = "2026-11-20T23:28:23.356635+01:00[Europe/Berlin]".parse().unwrap();
        let told = at(&now)["date_time"].clone();
        let is = |name: &str, wanted: &str| assert_eq!(told[name], wanted, "{name}");
        is("weeknumber", "46");
        is("weekday", "Friday");
        is("iso8601", "2026-11-20T22:28:23Z");
        is("iso8601_basic", "20261120T232823356635");
        is("tz", "CET");
        is("tz_dst", "CEST");
        is("tz_offset", "+0100");
    }
}
