//! The audit trail as it is read: newest first, filtered, in pages.

use crate::database::RANDOM_ID;
use crate::house::{HERE, House, PASSWORD};
use crate::sql;
use chrono::TimeDelta;
use domain::audit::action::Action;
use domain::audit::trail::{ActionGroup, TrailFilter};
use domain::paging::{Count, Cursor, Place, Shown};
use sqlx::AssertSqlSafe;
use std::collections::HashSet;
use store::AuditEntry;
use strum::VariantArray as _;
use uuid::Uuid;

async fn actions(house: &House, filter: TrailFilter) -> Vec<String> {
    let (entries, position) = house.store.audit_page(house.aya.account, &filter).await.unwrap();
    assert_eq!(position.total, Count::Exactly(entries.len() as u64));
    entries.into_iter().map(|entry| entry.action).collect()
}

fn text(text: &str) -> TrailFilter {
    TrailFilter { text: text.to_owned(), ..TrailFilter::default() }
}

#[tokio::test]
async fn filters_combine_and_the_newest_comes_first() {
    let house = House::new().await;
    house.stranger().await;
    house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await.unwrap();
    house.later(TimeDelta::days(1));
    let (one, two) = (house.issue("Nightly Export").await.token, house.issue("Import").await.token);
    house.later(TimeDelta::days(1));
    house.store.disable(&house.aya, one.id).await.unwrap();

    let all = ["token_disabled", "token_created", "token_created", "signed_in", "user_added", "account_added"];
    assert_eq!(actions(&house, TrailFilter::default()).await, all);
    assert_eq!(actions(&house, text(" ｎｉｇｈｔＬＹ ")).await, ["token_disabled", "token_created"]);
    assert_eq!(actions(&house, text("AYA@agency")).await, all[..5], "by her and to her");
    assert!(actions(&house, text("100%")).await.is_empty());
    let about = |group| TrailFilter { group: Some(group), ..TrailFilter::default() };
    assert_eq!(actions(&house, about(ActionGroup::Account)).await, ["account_added"]);
    assert_eq!(actions(&house, about(ActionGroup::Users)).await, ["user_added"]);
    assert_eq!(actions(&house, about(ActionGroup::SignIn)).await, ["signed_in"]);
    assert_eq!(
        actions(&house, TrailFilter { token: Some(two.id), ..about(ActionGroup::Tokens) }).await,
        ["token_created"]
    );
    let today = house.clock.now().date_naive();
    let day = |from, to| TrailFilter { from, to, ..TrailFilter::default() };
    assert_eq!(actions(&house, day(Some(today), None)).await, ["token_disabled"]);
    assert_eq!(actions(&house, day(None, today.pred_opt())).await, all[1..]);
    assert_eq!(
        actions(&house, TrailFilter { group: Some(ActionGroup::SignIn), ..day(Some(today), None) }).await,
        [""; 0]
    );
}

#[tokio::test]
async fn every_action_is_found_by_its_group_and_by_no_other() {
    let house = House::new().await;
    let database = house.database().await;
    // `token_painted` is an action that another version may have recorded.
    let names: Vec<_> = Action::VARIANTS.iter().map(|action| action.as_str()).chain(["token_painted"]).collect();
    for name in &names {
        let recorded = format!(
            "INSERT INTO audit_events (id, at, account_id, action, details)
             SELECT {RANDOM_ID}, at, account_id, '{name}', '{{}}' FROM audit_events WHERE sequence = 1"
        );
        sql::query(AssertSqlSafe(recorded)).execute(&database).await.unwrap();
    }
    for group in ActionGroup::ALL {
        let filter = TrailFilter { group: Some(group), ..TrailFilter::default() };
        let entries = house.store.audit_entries(house.aya.account, &filter, 1_000).await.unwrap();
        let found: HashSet<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        let expected = names.iter().copied().filter(|name| ActionGroup::of(name) == group).collect();
        assert_eq!(found, expected, "{group:?}");
    }
}

#[tokio::test]
async fn pages_of_fifty_follow_from_either_end_despite_new_entries() {
    let house = House::new().await;
    for n in 0..100 {
        // Many entries share one time, and many another.
        if n == 40 {
            house.later(TimeDelta::seconds(1));
        }
        house.issue(&format!("Token {n}")).await;
    }
    let page =
        async |place| house.store.audit_page(house.aya.account, &TrailFilter::default().at(place)).await.unwrap();
    let numbers = |entries: &[AuditEntry]| entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>();
    let (first, position) = page(Place::First).await;
    assert_eq!(numbers(&first), (53..=102).rev().collect::<Vec<_>>());
    assert_eq!((position.total, position.shown()), (Count::Exactly(102), Shown::Range(1, 50)));
    house.issue("One more").await;
    let (second, position) = page(position.next().unwrap()).await;
    assert_eq!(numbers(&second), (3..=52).rev().collect::<Vec<_>>());
    assert_eq!(position.shown(), Shown::Range(52, 101));
    let (back, _) = page(position.previous().unwrap()).await;
    assert_eq!(back, first);
    let (last, position) = page(position.next().unwrap()).await;
    assert_eq!((numbers(&last), position.next()), (vec![2, 1], None));
    let (last, position) = page(Place::Last).await;
    assert_eq!((numbers(&last), position.shown()), (vec![3, 2, 1], Shown::Range(101, 103)));
    let newest = page(Place::First).await;
    for nonsense in ["", "1", ".", "1.x", "99999999999999999999.1", "' OR 1=1"].map(str::to_owned).map(Cursor) {
        assert_eq!(page(Place::After(nonsense.clone())).await, newest, "{nonsense:?}");
        assert_eq!(page(Place::Before(nonsense.clone())).await, newest, "{nonsense:?}");
    }
    assert_eq!(house.store.audit_entries(house.aya.account, &TrailFilter::default(), 60).await.unwrap().len(), 60);
}

#[tokio::test]
async fn an_entry_inserted_behind_the_stores_back_hides_no_other() {
    let house = House::new().await;
    for n in 0..60 {
        house.issue(&format!("Token {n}")).await;
    }
    let stray = format!(
        "INSERT INTO audit_events (id, at, account_id, action, details)
         SELECT {RANDOM_ID}, at, account_id, 'token_deleted', '{{}}' FROM audit_events WHERE sequence = 30"
    );
    sql::query(AssertSqlSafe(stray)).execute(&house.database().await).await.unwrap();
    let mut found = Vec::new();
    let mut next = Some(Place::First);
    while let Some(place) = next {
        let filter = TrailFilter::default().at(place);
        let (entries, position) = house.store.audit_page(house.aya.account, &filter).await.unwrap();
        found.extend(entries.into_iter().map(|entry| entry.sequence));
        next = position.next();
    }
    found.retain(|number| *number > 0);
    assert_eq!(found, (1..=62).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn entry_keeps_the_token_s_old_name_and_links_it_until_deleted() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    house.store.duplicate(&house.aya, token.id, Uuid::now_v7()).await.unwrap();
    house.store.update(&house.aya, token.id, house.settings("Import"), 1).await.unwrap();
    let named = async || {
        let filter = TrailFilter { token: Some(token.id), ..TrailFilter::default() };
        let (entries, ..) = house.store.audit_page(house.aya.account, &filter).await.unwrap();
        entries
            .into_iter()
            .map(|it| (it.details["name"].as_str().unwrap().to_owned(), it.token_name))
            .collect::<Vec<_>>()
    };
    let now = Some("Import".to_owned());
    assert_eq!(named().await, [("Import".to_owned(), now.clone()), ("Export".to_owned(), now)]);
    house.store.delete(&house.aya, token.id).await.unwrap();
    assert!(named().await.iter().all(|(_, now)| now.is_none()));
}
