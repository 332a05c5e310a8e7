//! The list: filters, orders, pages.

use crate::house::{House, begin};
use chrono::TimeDelta;
use domain::filter::{CreatedOn, PAGE_SIZE, Sort, TokenFilter};
use domain::token::{Token, TokenState};
use std::collections::HashSet;
use store::Clock;
use uuid::Uuid;

impl House {
    /// A token of that name, created so long before the tests' now.
    async fn issue_before(&self, name: &str, before: TimeDelta) -> Token {
        let store = self.store.at(Clock::fixed(begin() - before));
        store.create(&self.aya, self.settings(name), Uuid::now_v7()).await.unwrap().token
    }

    /// All that fit, in their order.
    async fn every(&self, filter: &TokenFilter) -> Vec<Token> {
        let pages = self.store.list(self.aya.account, filter).await.unwrap().pages();
        let mut tokens = Vec::new();
        for page in 1..=pages {
            tokens.extend(self.store.list(self.aya.account, &filter.on_page(page)).await.unwrap().tokens);
        }
        tokens
    }
}

fn named(name: &str) -> TokenFilter {
    TokenFilter { name: name.to_owned(), sort: Sort::Name, ..TokenFilter::default() }
}

#[tokio::test]
async fn an_account_without_tokens_has_one_empty_page() {
    let house = House::new().await;
    let list = house.store.list(house.aya.account, &TokenFilter::default().on_page(7)).await.unwrap();
    assert_eq!((list.tokens, list.total, list.page), (vec![], 0, 1));
}

#[tokio::test]
async fn the_list_shows_the_accounts_own_tokens_whole() {
    let house = House::new().await;
    let token = house.issue("Export").await.token;
    let list = house.store.list(house.aya.account, &TokenFilter::default()).await.unwrap();
    assert_eq!((list.tokens, list.total), (vec![token], 1));
    let strangers = house.store.list(house.stranger().await.account, &TokenFilter::default()).await.unwrap();
    assert_eq!((strangers.tokens, strangers.total), (vec![], 0));
}

#[tokio::test]
async fn a_name_is_found_by_any_part_whatever_its_case_and_width() {
    let house = House::new().await;
    for name in ["Nightly ＥＸＰＯＲＴ", "カギの束", "Über-Report"] {
        house.issue(name).await;
    }
    for (typed, found) in [
        ("export", "Nightly ＥＸＰＯＲＴ"),
        ("  ｎｉｇｈｔ ", "Nightly ＥＸＰＯＲＴ"),
        ("ｶｷﾞ", "カギの束"),
        ("の束", "カギの束"),
        ("ÜBER", "Über-Report"),
    ] {
        assert_eq!(house.names(named(typed)).await, [found], "{typed}");
    }
    assert_eq!(house.names(named("exportx")).await, [""; 0]);
    assert_eq!(house.names(named(" \u{3000} ")).await.len(), 3, "blanks are no name");
}

#[tokio::test]
async fn a_part_of_a_name_is_found_however_short_and_only_while_it_is_there() {
    let house = House::new().await;
    let token = house.issue("夜間バッチ鍵の束レポート").await.token;
    for part in ["束", "の束", "鍵の束", "束レポート", "夜間バッチ鍵の束レポート"] {
        assert_eq!(house.names(named(part)).await.len(), 1, "{part}");
    }
    house.store.update(&house.aya, token.id, house.settings("Nightly export"), 1).await.unwrap();
    for (part, found) in [("束", 0), ("鍵の束", 0), ("ly", 1), ("tly exp", 1)] {
        assert_eq!(house.names(named(part)).await.len(), found, "{part}");
    }
    house.store.delete(&house.aya, token.id).await.unwrap();
    assert_eq!(house.names(named("tly exp")).await.len(), 0);
    house.store.undo_delete(&house.aya, token.id).await.unwrap();
    assert_eq!(house.names(named("tly exp")).await.len(), 1);
    house.store.delete(&house.aya, token.id).await.unwrap();
    house.later(TimeDelta::hours(1));
    assert_eq!(house.store.remove_deleted().await.unwrap(), 1);
    assert_eq!(house.names(named("tly exp")).await.len(), 0);
    assert_eq!(house.names(named("a\0b")).await.len(), 0, "what no name can have");
}

#[tokio::test]
async fn signs_that_mean_something_in_sql_are_plain_in_a_name() {
    let house = House::new().await;
    let names = ["100%", "100x", "a_b", "axb", "it's", "back\\slash", "\"quoted\"", "glob*[x]?"];
    for name in names {
        house.issue(name).await;
    }
    for (typed, found) in [
        ("%", "100%"),
        ("0%", "100%"),
        ("_", "a_b"),
        ("a_b", "a_b"),
        ("'", "it's"),
        ("\\", "back\\slash"),
        ("\"", "\"quoted\""),
        ("*[x]?", "glob*[x]?"),
    ] {
        assert_eq!(house.names(named(typed)).await, [found], "{typed}");
    }
    assert_eq!(house.names(named("' OR 1=1 --")).await, [""; 0]);
}

#[tokio::test]
async fn the_windows_of_creation_meet_without_gap_or_overlap() {
    let house = House::new().await;
    let instant = TimeDelta::microseconds(1);
    let (week, month) = (TimeDelta::days(7), TimeDelta::days(30));
    let ages = [
        ("now", TimeDelta::zero()),
        ("a week", week),
        ("over a week", week + instant),
        ("a month", month),
        ("over a month", month + instant),
    ];
    for (name, age) in ages {
        house.issue_before(name, age).await;
    }
    let within = |created| TokenFilter { created: Some(created), ..TokenFilter::default() };
    assert_eq!(house.names(within(CreatedOn::Last7Days)).await, ["now", "a week"]);
    assert_eq!(house.names(within(CreatedOn::Last30Days)).await, ["now", "a week", "over a week", "a month"]);
    assert_eq!(house.names(within(CreatedOn::MoreThan30Days)).await, ["over a month"]);
}

#[tokio::test]
async fn the_filters_combine() {
    let house = House::new().await;
    for name in ["Export", "Import"] {
        for (age, days) in [("new", 1), ("old", 40)] {
            house.issue_before(&format!("{name} {age}"), TimeDelta::days(days)).await;
            let disabled = house.issue_before(&format!("{name} {age} off"), TimeDelta::days(days)).await;
            house.store.disable(&house.aya, disabled.id).await.unwrap();
        }
    }
    let state = |state| TokenFilter { state: Some(state), sort: Sort::Name, ..TokenFilter::default() };
    let enabled = house.names(state(TokenState::Enabled)).await;
    assert_eq!(enabled, ["Export new", "Export old", "Import new", "Import old"]);
    let disabled = house.names(state(TokenState::Disabled)).await;
    assert_eq!(disabled, ["Export new off", "Export old off", "Import new off", "Import old off"]);
    let old = TokenFilter { created: Some(CreatedOn::MoreThan30Days), ..named("EXP") };
    assert_eq!(house.names(old.clone()).await, ["Export old", "Export old off"]);
    assert_eq!(house.names(TokenFilter { state: Some(TokenState::Disabled), ..old }).await, ["Export old off"]);
}

#[tokio::test]
async fn each_order_is_as_it_says() {
    let house = House::new().await;
    for (name, age) in [("beta", 3), ("Ａlpha", 2), ("Gamma", 1), ("delta", 4)] {
        house.issue_before(name, TimeDelta::days(age)).await;
    }
    let by = |sort| TokenFilter { sort, ..TokenFilter::default() };
    assert_eq!(house.names(by(Sort::Created)).await, ["Gamma", "Ａlpha", "beta", "delta"]);
    assert_eq!(house.names(by(Sort::Name)).await, ["Ａlpha", "beta", "delta", "Gamma"]);
    for name in ["delta", "beta"] {
        let token = house.every(&named(name)).await.remove(0);
        house.later(TimeDelta::minutes(1));
        house.store.record_use(token.id).await.unwrap();
    }
    let used = house.names(by(Sort::LastUsed)).await;
    assert_eq!(used[..2], ["beta", "delta"]);
    assert_eq!(used[2..].iter().collect::<HashSet<_>>().len(), 2, "the never used come last");
}

#[tokio::test]
async fn pages_show_each_token_once_although_all_are_equal() {
    let house = House::new().await;
    let total = 2 * PAGE_SIZE + 1;
    for _ in 0..total {
        house.issue("Same").await;
    }
    for sort in Sort::ALL {
        let filter = TokenFilter { sort, ..TokenFilter::default() };
        let all = house.every(&filter).await;
        let ids: HashSet<_> = all.iter().map(|token| token.id.0).collect();
        assert_eq!((all.len(), ids.len()), (total as usize, total as usize), "{sort:?}");
        assert_eq!(house.every(&filter).await, all, "{sort:?}");
        for beyond in [4, 1_000_000, u32::MAX] {
            let last = house.store.list(house.aya.account, &filter.on_page(beyond)).await.unwrap();
            assert_eq!((last.page, last.tokens.len(), last.total), (3, 1, u64::from(total)), "{sort:?}");
        }
        let first = house.store.list(house.aya.account, &filter.on_page(0)).await.unwrap();
        assert_eq!((first.page, first.tokens.as_slice()), (1, &all[..PAGE_SIZE as usize]));
    }
}
