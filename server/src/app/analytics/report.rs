//! Engagement reports, and their forms.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::api::analytics::{AnalyticsQuery, DayView, Metrics, Period, RankedPost, Report};
use crate::app::{App, AppError};

/// Posts in a report.
const TOP: usize = 10;
/// What a table shows, in this order.
const COLUMNS: [&str; 5] = ["impressions", "engagements", "clicks", "engagementRate", "clickThroughRate"];
/// The chart, in pixels.
const WIDTH: usize = 640;
const HEIGHT: usize = 160;
/// Below the bars, for the dates.
const LABELS: usize = 20;

impl App {
    /// The report of the days up to today.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn report(&self, organization: &str, period: Period) -> Result<Report, AppError> {
        let days = match period {
            Period::Week => 7,
            Period::Month => 30,
        };
        let today = self.clock.now().to_zoned(self.zone_of(organization).await?).date();
        let back = |by: i32| today.checked_sub(by.days()).unwrap_or(Date::MIN);
        let query =
            |first, last| AnalyticsQuery { platform: None, start_date: Some(first), end_date: Some(last) };
        let current = self.counted(organization, &query(back(days - 1), today)).await?;
        let previous = self.counted(organization, &query(back(2 * days - 1), back(days))).await?;
        let top_posts = self.ranked(&current, "engagements", TOP).await?;
        Ok(Report {
            organization_id: organization.to_owned(),
            period,
            current: current.view(),
            previous: previous.view().summary,
            top_posts,
        })
    }
}

/// A line per post.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut text = String::from("id,platform,publishedAt,url");
    for column in COLUMNS {
        text.push(',');
        text.push_str(column);
    }
    text.push_str("\r\n");
    for RankedPost { post, metrics } in &report.top_posts {
        let published = post.published_at.map(|at| at.to_string()).unwrap_or_default();
        let url = post.url.clone().unwrap_or_default();
        let mut cells = vec![cell(&post.id), cell(post.platform.as_str()), cell(&published), cell(&url)];
        cells.extend(COLUMNS.iter().map(|column| shown(metrics, column)));
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// Quoted where need be; a cell that a spreadsheet would take for a formula is text.
fn cell(word: &str) -> String {
    let word =
        if word.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{word}") } else { word.to_owned() };
    if word.contains([',', '"', '\n', '\r']) { format!("\"{}\"", word.replace('"', "\"\"")) } else { word }
}

fn shown(metrics: &Metrics, name: &str) -> String {
    match metrics.get(name) {
        Some(serde_json::Value::Number(number)) => match number.as_u64() {
            Some(whole) => whole.to_string(),
            None => format!("{:.2}", number.as_f64().unwrap_or_default()),
        },
        _ => String::new(),
    }
}

/// The inside of a page, with a chart drawn in it. `escaped` makes text safe for it.
#[must_use]
pub fn html(report: &Report, escaped: fn(&str) -> String) -> String {
    let mut html = format!(
        "<p>{} to {}, {} posts</p><table><tr><th></th><th>now</th><th>before</th></tr>",
        report.current.start_date, report.current.end_date, report.current.posts
    );
    for column in COLUMNS {
        let (now, before) = (shown(&report.current.summary, column), shown(&report.previous, column));
        html.push_str(&format!("<tr><td>{column}</td><td>{now}</td><td>{before}</td></tr>"));
    }
    html.push_str("</table>");
    html.push_str(&chart(&report.current.series));
    html.push_str("<h2>Posts</h2><table><tr><th>post</th><th>platform</th><th>engagements</th></tr>");
    for RankedPost { post, metrics } in &report.top_posts {
        let name = match &post.url {
            Some(url) => format!("<a href=\"{0}\">{0}</a>", escaped(url)),
            None => escaped(&post.id),
        };
        let engagements = shown(metrics, "engagements");
        html.push_str(&format!(
            "<tr><td>{name}</td><td>{}</td><td>{engagements}</td></tr>",
            post.platform.as_str()
        ));
    }
    html.push_str("</table>");
    html
}

/// Engagements by day, as bars.
fn chart(series: &[DayView]) -> String {
    let counted = |day: &DayView| day.metrics.get("engagements").and_then(serde_json::Value::as_f64);
    let most = series.iter().filter_map(counted).fold(1.0, f64::max);
    let wide = WIDTH / series.len().max(1);
    let mut bars = String::new();
    for (index, day) in series.iter().enumerate() {
        // A day that nothing is known of has no bar: it is not one of none.
        let Some(value) = counted(day) else { continue };
        #[expect(clippy::cast_precision_loss, reason = "pixels")]
        let high = value / most * HEIGHT as f64;
        #[expect(clippy::cast_precision_loss, reason = "pixels")]
        let top = HEIGHT as f64 - high;
        let (left, date) = (index * wide, day.date);
        bars.push_str(&format!(
            "<rect x=\"{left}\" y=\"{top:.1}\" width=\"{}\" height=\"{high:.1}\" fill=\"#3d7ab8\"><title>{date}: {value}</title></rect>",
            wide.saturating_sub(2).max(1)
        ));
    }
    let whole = HEIGHT + LABELS;
    let (first, last) = (series.first().map(|day| day.date), series.last().map(|day| day.date));
    let label = |x: usize, anchor: &str, date: Option<_>| {
        let date = date.map(|date: jiff::civil::Date| date.to_string()).unwrap_or_default();
        format!(
            "<text x=\"{x}\" y=\"{whole}\" text-anchor=\"{anchor}\" fill=\"currentColor\" font-size=\"12\">{date}</text>"
        )
    };
    let (from, to) = (label(0, "start", first), label(WIDTH, "end", last));
    format!(
        "<h2>Engagements by day, at most {most}</h2>\
         <svg role=\"img\" aria-label=\"Engagements by day\" viewBox=\"0 0 {WIDTH} {whole}\" width=\"{WIDTH}\" height=\"{whole}\">\
         {bars}<line x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\" stroke=\"currentColor\"/>{from}{to}</svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_nothing_is_known_of_has_no_bar() {
        let day = |day: i8, engagements: serde_json::Value| DayView {
            date: jiff::civil::date(2027, 3, day),
            metrics: [("engagements".to_owned(), engagements)].into(),
        };
        let drawn = chart(&[day(1, serde_json::Value::Null), day(2, 0.into()), day(3, 4.into())]);
        assert_eq!(drawn.matches("<rect").count(), 2, "{drawn}");
        assert!(!drawn.contains("<title>2027-03-01") && drawn.contains("<title>2027-03-02: 0<"), "{drawn}");
        assert!(drawn.contains("at most 4") && drawn.contains(">2027-03-01</text>"), "{drawn}");
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("plain"), "plain");
    }
}
