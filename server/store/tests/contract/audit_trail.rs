//! The audit trail as it is read: newest first, filtered, in pages.

use crate::house::{HERE, House, PASSWORD};
use chrono::TimeDelta;
use domain::trail::{ActionGroup, TrailFilter};
use uuid::Uuid;

async fn actions(house: &House, filter: TrailFilter) -> Vec<String> {
    let (entries, total, _) = house.store.audit_page(house.aya.account, &filter).await.unwrap();
    assert_eq!(total, entries.len() as u64);
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
async fn pages_hold_fifty_and_a_page_beyond_the_last_is_the_last() {
    let house = House::new().await;
    for n in 0..50 {
        house.issue(&format!("Token {n}")).await;
    }
    let page =
        async |page| house.store.audit_page(house.aya.account, &TrailFilter::default().on_page(page)).await.unwrap();
    let (first, total, number) = page(1).await;
    assert_eq!((first.len(), total, number, first[0].sequence), (50, 52, 1, 52));
    let (last, _, number) = page(9).await;
    assert_eq!((last.len(), number, last[1].action.as_str()), (2, 2, "account_added"));
    assert_eq!(house.store.audit_entries(house.aya.account, &TrailFilter::default(), 60).await.unwrap().len(), 52);
}

#[tokio::test]
async fn an_entry_names_a_token_only_while_it_is_there_and_keeps_the_name_of_then() {
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
