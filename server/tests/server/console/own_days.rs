//! Days are those of the user's preferred time zone if a browser does not send their offset from UTC, as plain forms don't.

use app::routes::{AUDIT_TRAIL_CSV as CSV, AUDIT_TRAIL_JSON_LINES as JSON_LINES};
use chrono::{Days, FixedOffset, NaiveTime, TimeDelta};
use domain::{audit::trail::TrailFilter, members::user::Preferences};
use http::{StatusCode, header};
use uuid::Uuid;

use crate::support::test_app::TestApp;

async fn prefer(app: &TestApp, zone: &str) {
    let preferences = Preferences { time_zone: Some(zone.to_owned()), ..Preferences::default() };
    app.store.members().update_profile(&app.by, &app.by.user.name, &preferences).await.unwrap();
}

#[tokio::test]
async fn last_day_of_a_plain_form_ends_in_the_preferred_zone() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(app.by.role).await;
    let day = (app.store.clock().now() + TimeDelta::days(40)).date_naive();
    let midnight = day.checked_add_days(Days::new(1)).unwrap().and_time(NaiveTime::MIN).and_utc();
    let end = async |offset: &str| {
        let body = format!(
            "form[name]=Own&form[description]=&form[api_version]=3&form[primary_contact]={}&form[developers]=\
             &form[scopes][0]=getJob&form[expires]=date&form[last_day]={day}&form[last_day_offset]={offset}&request={}",
            app.by.user.id.0,
            Uuid::now_v7()
        );
        let request = app.request("POST", "/api/tokens/create").header("sec-fetch-site", "same-origin");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = app.send(request.header(header::COOKIE, &cookie), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["token"]["ends_at"].as_i64().unwrap()
    };
    let at = |hours| (midnight - TimeDelta::hours(hours)).timestamp_micros();
    assert_eq!(end("").await, at(0), "without preference it is UTC");
    prefer(&app, "Asia/Tokyo").await;
    assert_eq!(end("").await, at(9));
    assert_eq!(end("-300").await, at(-5), "what a browser sends counts");
}

#[tokio::test]
async fn days_of_a_trail_s_link_are_those_of_the_preferred_zone() {
    let app = TestApp::open().await;
    let cookie = app.sign_in(app.by.role).await;
    let (entries, ..) = app.store.audit().page(app.account(), &TrailFilter::default()).await.unwrap();
    let created = entries.iter().find(|entry| entry.action == "token_created").unwrap().at;
    for (zone, hours) in [("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)] {
        prefer(&app, zone).await;
        let offset = FixedOffset::east_opt(hours * 3_600).unwrap();
        let day = created.with_timezone(&offset).date_naive();
        let days = [day.pred_opt().unwrap(), day, day.succ_opt().unwrap()];
        for (day, found) in days.into_iter().zip([0, 1, 0]) {
            let link = format!("{JSON_LINES}?about=tokens&from={day}&to={day}");
            let file = app.get_as(&link, &cookie).await;
            assert_eq!(file.text().lines().count(), found, "{zone} {day}");
            let minutes = hours * 60;
            let link = format!("{CSV}?about=tokens&from={day}&to={day}&offset={minutes}&end_offset={minutes}");
            let file = app.get_as(&link, &cookie).await;
            assert_eq!(file.text().lines().count(), found + 1, "{zone} {day}");
        }
        prefer(&app, "UTC").await;
        let minutes = hours * 60;
        let link = format!("{JSON_LINES}?about=tokens&from={day}&to={day}&offset={minutes}&end_offset={minutes}");
        let file = app.get_as(&link, &cookie).await;
        assert_eq!(file.text().lines().count(), 1, "a link means the same to everybody");
    }
}
