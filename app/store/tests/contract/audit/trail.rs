//! The audit trail as it is read: newest first, filtered, in pages.

use crate::database::RANDOM_ID;
use crate::sql;
use crate::test_store::{HERE, PASSWORD, TestStore, new_user};
use chrono::TimeDelta;
use domain::audit::action::Action;
use domain::audit::{
    action::{About, ActionGroup, ActionKind},
    trail::TrailFilter,
};
use domain::members::role::Role;
use domain::members::user::UserId;
use domain::paging::{Count, Cursor, PagePosition, RowsShown};
use sqlx::AssertSqlSafe;
use std::collections::HashSet;
use store::AuditEntry;
use strum::VariantArray as _;
use uuid::Uuid;

async fn actions(test: &TestStore, filter: TrailFilter) -> Vec<String> {
    let (entries, position) = test.store.audit().page(test.aya.account, &filter).await.unwrap();
    assert_eq!(position.total, Count::Exactly(entries.len() as u64));
    entries.into_iter().map(|entry| entry.action).collect()
}

fn text(text: &str) -> TrailFilter {
    TrailFilter { text: text.to_owned(), ..TrailFilter::default() }
}

#[tokio::test]
async fn filters_combine_and_the_newest_comes_first() {
    let test = TestStore::new().await;
    test.stranger().await;
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    test.later(TimeDelta::days(1));
    let (one, two) = (test.issue("Nightly Export").await.token, test.issue("Import").await.token);
    test.later(TimeDelta::days(1));
    test.store.tokens().disable(&test.aya, one.id).await.unwrap();

    let all = ["token_disabled", "token_created", "token_created", "signed_in", "user_added", "account_added"];
    assert_eq!(actions(&test, TrailFilter::default()).await, all);
    assert_eq!(actions(&test, text(" ｎｉｇｈｔＬＹ ")).await, ["token_disabled", "token_created"]);
    assert_eq!(actions(&test, text("AYA@agency")).await, all[..5], "by her and to her");
    assert!(actions(&test, text("100%")).await.is_empty());
    let about = |group| TrailFilter { about: Some(About::Group(group)), ..TrailFilter::default() };
    assert_eq!(actions(&test, about(ActionGroup::Account)).await, ["account_added"]);
    assert_eq!(actions(&test, about(ActionGroup::Users)).await, ["user_added"]);
    assert_eq!(actions(&test, about(ActionGroup::SignIn)).await, ["signed_in"]);
    assert_eq!(
        actions(&test, TrailFilter { token: Some(two.id), ..about(ActionGroup::Tokens) }).await,
        ["token_created"]
    );
    let today = test.clock.now().date_naive();
    let day = |from, to| TrailFilter { from, to, ..TrailFilter::default() };
    assert_eq!(actions(&test, day(Some(today), None)).await, ["token_disabled"]);
    assert_eq!(actions(&test, day(None, today.pred_opt())).await, all[1..]);
    assert_eq!(
        actions(&test, TrailFilter { about: about(ActionGroup::SignIn).about, ..day(Some(today), None) }).await,
        [""; 0]
    );
}

#[tokio::test]
async fn every_action_is_found_by_its_group_and_by_no_other() {
    let test = TestStore::new().await;
    let database = test.database().await;
    // `token_painted` is an action that another version may have recorded.
    let names: Vec<_> = Action::VARIANTS.iter().map(<&str>::from).chain(["token_painted"]).collect();
    for name in &names {
        let recorded = format!(
            "INSERT INTO audit_events (id, at, account_id, action, details)
             SELECT {RANDOM_ID}, at, account_id, '{name}', '{{}}' FROM audit_events WHERE sequence = 1"
        );
        sql::query(AssertSqlSafe(recorded)).execute(&database).await.unwrap();
    }
    for group in ActionGroup::ALL {
        let filter = TrailFilter { about: Some(About::Group(group)), ..TrailFilter::default() };
        let entries = test.store.audit().entries(test.aya.account, &filter, 1_000).await.unwrap();
        let found: HashSet<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        let expected = names.iter().copied().filter(|name| ActionGroup::of(name) == group).collect();
        assert_eq!(found, expected, "{group:?}");
    }
    let mut found = Vec::new();
    for kind in ActionKind::ALL {
        let filter = TrailFilter { kind: Some(kind), ..TrailFilter::default() };
        let entries = test.store.audit().entries(test.aya.account, &filter, 1_000).await.unwrap();
        let of_kind = |name: &str| name.parse().map_or(ActionKind::Changes, Action::kind);
        assert!(entries.iter().all(|entry| of_kind(&entry.action) == kind), "{kind:?}");
        found.extend(entries.into_iter().map(|entry| entry.action));
    }
    assert_eq!(found.iter().map(String::as_str).collect::<HashSet<_>>(), names.into_iter().collect());
}

#[tokio::test]
async fn entries_are_found_by_their_user_and_action() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let token = test.issue("Export").await.token;
    test.store.tokens().disable(&test.aya, token.id).await.unwrap();
    test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    let hana = test.store.members().add(test.aya.account, new_user("Hana", Role::Analyst)).await.unwrap();

    let by = |person| TrailFilter { person: Some(person), ..TrailFilter::default() };
    let aya = test.aya.user.id;
    assert_eq!(
        actions(&test, by(aya)).await,
        ["signed_in", "token_disabled", "token_created"],
        "not what others do to her"
    );
    assert_eq!(actions(&test, by(hana)).await, [""; 0]);
    assert_eq!(actions(&test, by(stranger.user.id)).await, [""; 0], "of another account");
    let kind = |kind| TrailFilter { kind: Some(kind), ..by(aya) };
    assert_eq!(actions(&test, kind(ActionKind::Changes)).await, ["token_disabled", "token_created"]);
    assert_eq!(actions(&test, kind(ActionKind::SignIns)).await, ["signed_in"]);
    let disabled = |filter: TrailFilter| TrailFilter { about: Some(About::Action(Action::TokenDisabled)), ..filter };
    assert_eq!(actions(&test, disabled(by(aya))).await, ["token_disabled"]);
    assert_eq!(actions(&test, disabled(text("export"))).await, ["token_disabled"]);
    assert_eq!(actions(&test, disabled(kind(ActionKind::SignIns))).await, [""; 0], "it is of the other kind");
    let account = TrailFilter { about: Some(About::Group(ActionGroup::Account)), ..kind(ActionKind::SignIns) };
    assert_eq!(actions(&test, account).await, [""; 0]);
}

#[tokio::test]
async fn users_of_the_trail_are_those_who_did_something() {
    let test = TestStore::new().await;
    let users = async || test.store.audit().users(test.aya.account).await.unwrap();
    let stranger = test.stranger().await;
    test.store.members().add(test.aya.account, new_user("Hana", Role::Analyst)).await.unwrap();
    assert_eq!(users().await, HashSet::<UserId>::new(), "the command line has added them");
    test.issue("Export").await;
    assert_eq!(users().await, HashSet::from([test.aya.user.id]));
    assert_eq!(test.store.audit().users(stranger.account).await.unwrap(), HashSet::new());
}

#[tokio::test]
async fn pages_of_fifty_follow_from_either_end_despite_new_entries() {
    let test = TestStore::new().await;
    for n in 0..100 {
        // Many entries share one time, and many another.
        if n == 40 {
            test.later(TimeDelta::seconds(1));
        }
        test.issue(&format!("Token {n}")).await;
    }
    let page =
        async |place| test.store.audit().page(test.aya.account, &TrailFilter::default().at(place)).await.unwrap();
    let numbers = |entries: &[AuditEntry]| entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>();
    let (first, position) = page(PagePosition::First).await;
    assert_eq!(numbers(&first), (53..=102).rev().collect::<Vec<_>>());
    assert_eq!((position.total, position.shown()), (Count::Exactly(102), RowsShown::Range(1, 50)));
    test.issue("One more").await;
    let (second, position) = page(position.next().unwrap()).await;
    assert_eq!(numbers(&second), (3..=52).rev().collect::<Vec<_>>());
    assert_eq!(position.shown(), RowsShown::Range(52, 101));
    let (back, _) = page(position.previous().unwrap()).await;
    assert_eq!(back, first);
    let (last, position) = page(position.next().unwrap()).await;
    assert_eq!((numbers(&last), position.next()), (vec![2, 1], None));
    let (last, position) = page(PagePosition::Last).await;
    assert_eq!((numbers(&last), position.shown()), (vec![3, 2, 1], RowsShown::Range(101, 103)));
    let newest = page(PagePosition::First).await;
    for nonsense in ["", "1", ".", "1.x", "99999999999999999999.1", "' OR 1=1"].map(str::to_owned).map(Cursor) {
        assert_eq!(page(PagePosition::After(nonsense.clone())).await, newest, "{nonsense:?}");
        assert_eq!(page(PagePosition::Before(nonsense.clone())).await, newest, "{nonsense:?}");
    }
    assert_eq!(test.store.audit().entries(test.aya.account, &TrailFilter::default(), 60).await.unwrap().len(), 60);
}

#[tokio::test]
async fn an_entry_inserted_behind_the_stores_back_hides_no_other() {
    let test = TestStore::new().await;
    for n in 0..60 {
        test.issue(&format!("Token {n}")).await;
    }
    let stray = format!(
        "INSERT INTO audit_events (id, at, account_id, action, details)
         SELECT {RANDOM_ID}, at, account_id, 'token_deleted', '{{}}' FROM audit_events WHERE sequence = 30"
    );
    sql::query(AssertSqlSafe(stray)).execute(&test.database().await).await.unwrap();
    let mut found = Vec::new();
    let mut next = Some(PagePosition::First);
    while let Some(place) = next {
        let filter = TrailFilter::default().at(place);
        let (entries, position) = test.store.audit().page(test.aya.account, &filter).await.unwrap();
        found.extend(entries.into_iter().map(|entry| entry.sequence));
        next = position.next();
    }
    found.retain(|number| *number > 0);
    assert_eq!(found, (1..=62).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn entry_keeps_the_token_s_old_name_and_links_it_until_deleted() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    test.store.tokens().duplicate(&test.aya, token.id, Uuid::now_v7()).await.unwrap();
    test.store.tokens().update(&test.aya, token.id, test.settings("Import"), 1).await.unwrap();
    let named = async || {
        let filter = TrailFilter { token: Some(token.id), ..TrailFilter::default() };
        let (entries, ..) = test.store.audit().page(test.aya.account, &filter).await.unwrap();
        entries
            .into_iter()
            .map(|it| (it.details["name"].as_str().unwrap().to_owned(), it.token_name))
            .collect::<Vec<_>>()
    };
    let now = Some("Import".to_owned());
    assert_eq!(named().await, [("Import".to_owned(), now.clone()), ("Export".to_owned(), now)]);
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    assert!(named().await.iter().all(|(_, now)| now.is_none()));
}
