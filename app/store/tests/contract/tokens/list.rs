//! The list of tokens: filters, orders, pages.

use crate::database::RANDOM_ID;
use crate::sql;
use crate::test_store::{TestStore, begin};
use chrono::TimeDelta;
use domain::paging::{Count, Cursor, PagePosition, Position, RowsShown};
use domain::search::search_form;
use domain::tokens::condition::Condition;
use domain::tokens::filter::{COUNTED, CreatedOn, PAGE_SIZE, Sort, SortValue, TokenFilter, TokenKey, TokenList};
use domain::tokens::token::{Token, TokenId, TokenSettings, TokenState};
use sqlx::AssertSqlSafe;
use std::cmp::Reverse;
use std::collections::HashSet;
use store::Clock;
use uuid::Uuid;

impl TestStore {
    /// Creates a token of that name, `before` earlier than the tests' current time.
    async fn issue_before(&self, name: &str, before: TimeDelta) -> Token {
        let store = self.store.at(Clock::fixed(begin() - before));
        store.tokens().create(&self.aya, self.settings(name), Uuid::now_v7()).await.unwrap().token
    }

    pub(super) async fn at(&self, filter: &TokenFilter, place: PagePosition) -> TokenList {
        self.store.tokens().list(self.aya.account, &filter.at(place)).await.unwrap()
    }

    /// Returns all tokens that fit the filter in list order, reached by the pages' links: from the first page on, or
    /// from the last page back. Asserts that each page's position is right.
    async fn walked(&self, filter: &TokenFilter, backwards: bool) -> Vec<Token> {
        let mut list = self.at(filter, if backwards { PagePosition::Last } else { PagePosition::First }).await;
        let mut pages = Vec::new();
        loop {
            let position = list.position.clone();
            pages.push(list.tokens);
            let next = if backwards { position.previous() } else { position.next() };
            let Some(next) = next else { break };
            list = self.at(filter, next.clone()).await;
            let first = backwards && list.position.previous().is_none();
            assert_eq!(list.position.place, if first { PagePosition::First } else { next });
        }
        if backwards {
            pages.reverse();
        }
        let full = pages.len().saturating_sub(1);
        assert!(pages[..full].iter().all(|page| page.len() == PAGE_SIZE as usize));
        pages.concat()
    }

    /// Copies the first token `times` times, each created a microsecond before the previous one, and one in three used.
    pub(super) async fn copy(&self, times: u32) {
        let copies = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})
            INSERT INTO tokens (id, account_id, sid, secret_hash, name, name_folded, description, api_version,
                primary_contact, developers, scopes, state, created_at, last_used_at, secret_issued_at)
            SELECT {RANDOM_ID}, account_id, substr(sid, 1, 29) || CAST(100000 + i AS TEXT), secret_hash,
                'Token ' || CAST(i AS TEXT), 'token ' || CAST(i AS TEXT), description, api_version, primary_contact,
                developers, scopes, state, created_at - i, CASE WHEN i % 3 = 0 THEN i END, secret_issued_at
            FROM tokens, n"
        );
        sql::query(AssertSqlSafe(copies)).execute(&self.database().await).await.unwrap();
    }
}

/// Returns the token's key in that order.
fn key(sort: Sort, token: &Token) -> Cursor {
    let value = match sort {
        Sort::Created => SortValue::Time(token.created_at.timestamp_micros()),
        Sort::Name => SortValue::Name(search_form(&token.settings.name)),
        Sort::LastUsed => token.last_used_at.map_or(SortValue::Never, |at| SortValue::Time(at.timestamp_micros())),
    };
    TokenKey { value, id: token.id }.cursor()
}

/// Returns the tokens that fit the filter, in its order, computed without the store.
fn by_hand(mut tokens: Vec<Token>, filter: &TokenFilter) -> Vec<Token> {
    tokens.retain(|token| {
        let created = |created: CreatedOn| {
            created.from(begin()).is_none_or(|from| token.created_at >= from)
                && created.before(begin()).is_none_or(|before| token.created_at < before)
        };
        let part = search_form(&filter.name);
        (search_form(&token.settings.name).contains(&part) || token.primary_contact.is_found_by(&part))
            && filter.created.is_none_or(created)
            && filter.state.is_none_or(|state| token.state == state)
    });
    match filter.sort {
        Sort::Created => tokens.sort_by_key(|token| Reverse((token.created_at, token.id.0))),
        Sort::Name => tokens.sort_by_key(|token| (search_form(&token.settings.name), token.id.0)),
        Sort::LastUsed => tokens.sort_by_key(|token| Reverse((token.last_used_at, token.id.0))),
    }
    tokens
}

fn ids(tokens: &[Token]) -> Vec<Uuid> {
    tokens.iter().map(|token| token.id.0).collect()
}

pub(super) fn named(name: &str) -> TokenFilter {
    TokenFilter { name: name.to_owned(), sort: Sort::Name, ..TokenFilter::default() }
}

#[tokio::test]
async fn an_account_without_tokens_has_one_empty_page() {
    let test = TestStore::new().await;
    let key = key(Sort::Created, &test.issue("Export").await.token);
    let deleted = test.at(&TokenFilter::default(), PagePosition::First).await.tokens.remove(0);
    test.store.tokens().delete(&test.aya, deleted.id).await.unwrap();
    for place in [PagePosition::First, PagePosition::After(key.clone()), PagePosition::Before(key), PagePosition::Last]
    {
        let list = test.at(&TokenFilter::default(), place).await;
        assert_eq!((list.tokens, list.position), (vec![], Position::default()));
    }
}

#[tokio::test]
async fn the_list_shows_the_accounts_own_tokens_whole() {
    let test = TestStore::new().await;
    let token = test.issue("Export").await.token;
    let list = test.store.tokens().list(test.aya.account, &TokenFilter::default()).await.unwrap();
    assert_eq!((list.tokens, list.position.total), (vec![token], Count::Exactly(1)));
    let strangers = test.store.tokens().list(test.stranger().await.account, &TokenFilter::default()).await.unwrap();
    assert_eq!((strangers.tokens, strangers.position), (vec![], Position::default()));
}

#[tokio::test]
async fn name_is_found_by_any_part_in_any_case_and_width() {
    let test = TestStore::new().await;
    for name in ["Nightly ＥＸＰＯＲＴ", "カギの束", "Über-Report"] {
        test.issue(name).await;
    }
    for (typed, found) in [
        ("export", "Nightly ＥＸＰＯＲＴ"),
        ("  ｎｉｇｈｔ ", "Nightly ＥＸＰＯＲＴ"),
        ("ｶｷﾞ", "カギの束"),
        ("の束", "カギの束"),
        ("ÜBER", "Über-Report"),
    ] {
        assert_eq!(test.names(named(typed)).await, [found], "{typed}");
    }
    assert_eq!(test.names(named("exportx")).await, [""; 0]);
    assert_eq!(test.names(named(" \u{3000} ")).await.len(), 3, "blanks are no name");
}

#[tokio::test]
async fn short_part_of_a_name_is_found_until_rename_or_deletion() {
    let test = TestStore::new().await;
    let token = test.issue("夜間バッチ鍵の束レポート").await.token;
    for part in ["束", "の束", "鍵の束", "束レポート", "夜間バッチ鍵の束レポート"] {
        assert_eq!(test.names(named(part)).await.len(), 1, "{part}");
    }
    test.store.tokens().update(&test.aya, token.id, test.settings("Nightly export"), 1).await.unwrap();
    for (part, found) in [("束", 0), ("鍵の束", 0), ("ly", 1), ("tly exp", 1)] {
        assert_eq!(test.names(named(part)).await.len(), found, "{part}");
    }
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    assert_eq!(test.names(named("tly exp")).await.len(), 0);
    test.store.tokens().undo_delete(&test.aya, token.id).await.unwrap();
    assert_eq!(test.names(named("tly exp")).await.len(), 1);
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    test.later(TimeDelta::hours(1));
    assert_eq!(test.store.tokens().remove_deleted().await.unwrap(), 1);
    assert_eq!(test.names(named("tly exp")).await.len(), 0);
    assert_eq!(test.names(named("a\0b")).await.len(), 0, "what no name can have");
}

#[tokio::test]
async fn signs_that_mean_something_in_sql_are_plain_in_a_name() {
    let test = TestStore::new().await;
    let names = ["100%", "100x", "a_b", "axb", "it's", "back\\slash", "\"quoted\"", "glob*[x]?"];
    for name in names {
        test.issue(name).await;
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
        assert_eq!(test.names(named(typed)).await, [found], "{typed}");
    }
    assert_eq!(test.names(named("' OR 1=1 --")).await, [""; 0]);
}

#[tokio::test]
async fn the_windows_of_creation_meet_without_gap_or_overlap() {
    let test = TestStore::new().await;
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
        test.issue_before(name, age).await;
    }
    let within = |created| TokenFilter { created: Some(created), ..TokenFilter::default() };
    assert_eq!(test.names(within(CreatedOn::Last7Days)).await, ["now", "a week"]);
    assert_eq!(test.names(within(CreatedOn::Last30Days)).await, ["now", "a week", "over a week", "a month"]);
    assert_eq!(test.names(within(CreatedOn::MoreThan30Days)).await, ["over a month"]);
}

#[tokio::test]
async fn the_filters_combine() {
    let test = TestStore::new().await;
    for name in ["Export", "Import"] {
        for (age, days) in [("new", 1), ("old", 40)] {
            test.issue_before(&format!("{name} {age}"), TimeDelta::days(days)).await;
            let disabled = test.issue_before(&format!("{name} {age} off"), TimeDelta::days(days)).await;
            test.store.tokens().disable(&test.aya, disabled.id).await.unwrap();
        }
    }
    let state = |state| TokenFilter { state: Some(state), sort: Sort::Name, ..TokenFilter::default() };
    let enabled = test.names(state(TokenState::Enabled)).await;
    assert_eq!(enabled, ["Export new", "Export old", "Import new", "Import old"]);
    let disabled = test.names(state(TokenState::Disabled)).await;
    assert_eq!(disabled, ["Export new off", "Export old off", "Import new off", "Import old off"]);
    let old = TokenFilter { created: Some(CreatedOn::MoreThan30Days), ..named("EXP") };
    assert_eq!(test.names(old.clone()).await, ["Export old", "Export old off"]);
    assert_eq!(test.names(TokenFilter { state: Some(TokenState::Disabled), ..old }).await, ["Export old off"]);
}

#[tokio::test]
async fn list_is_sorted_by_creation_name_or_last_use() {
    let test = TestStore::new().await;
    for (name, age) in [("beta", 3), ("Ａlpha", 2), ("Gamma", 1), ("delta", 4)] {
        test.issue_before(name, TimeDelta::days(age)).await;
    }
    let by = |sort| TokenFilter { sort, ..TokenFilter::default() };
    assert_eq!(test.names(by(Sort::Created)).await, ["Gamma", "Ａlpha", "beta", "delta"]);
    assert_eq!(test.names(by(Sort::Name)).await, ["Ａlpha", "beta", "delta", "Gamma"]);
    for name in ["delta", "beta"] {
        let token = test.at(&named(name), PagePosition::First).await.tokens.remove(0);
        test.later(TimeDelta::minutes(1));
        test.store.gate().record_use(token.id).await.unwrap();
    }
    let used = test.names(by(Sort::LastUsed)).await;
    assert_eq!(used[..2], ["beta", "delta"]);
    assert_eq!(used[2..].iter().collect::<HashSet<_>>().len(), 2, "the never used come last");
}

#[tokio::test]
async fn pages_show_each_token_once_in_order_from_either_end() {
    let test = TestStore::new().await;
    let mut tokens = Vec::new();
    for n in 0..3 * PAGE_SIZE {
        // Many tokens have equal sort values and different filter values.
        let name = ["Same", "ＳＡＭＥ", "Export", "カギ", "a.b,c &%"][n as usize % 5];
        let age = [TimeDelta::zero(), TimeDelta::days(3), TimeDelta::days(20), TimeDelta::days(40)][n as usize % 4];
        let token = test.issue_before(name, age).await;
        if n % 3 > 0 {
            let used = test.store.at(Clock::fixed(begin() + TimeDelta::minutes(i64::from(n / 8))));
            used.gate().record_use(token.id).await.unwrap();
        }
        if n % 7 == 0 {
            test.store.tokens().disable(&test.aya, token.id).await.unwrap();
        }
        tokens.push(token.id);
    }
    let mut all = Vec::new();
    for id in tokens {
        all.push(test.store.tokens().get(test.aya.account, id).await.unwrap());
    }
    let any = TokenFilter::default();
    let filters = [
        any.clone(),
        TokenFilter { name: "same".to_owned(), ..any.clone() },
        TokenFilter { name: "ギ".to_owned(), ..any.clone() },
        TokenFilter { name: "ay".to_owned(), ..any.clone() },
        TokenFilter { name: "aya@agency".to_owned(), state: Some(TokenState::Disabled), ..any.clone() },
        TokenFilter { created: Some(CreatedOn::Last30Days), ..any.clone() },
        TokenFilter { created: Some(CreatedOn::MoreThan30Days), state: Some(TokenState::Enabled), ..any.clone() },
        TokenFilter { state: Some(TokenState::Enabled), ..any },
    ];
    for filter in &filters {
        for sort in Sort::ALL {
            let filter = TokenFilter { sort, ..filter.clone() };
            let expected = by_hand(all.clone(), &filter);
            assert!(!expected.is_empty());
            for backwards in [false, true] {
                let walked = test.walked(&filter, backwards).await;
                assert_eq!(ids(&walked), ids(&expected), "{filter:?}, backwards {backwards}");
                assert_eq!(walked, expected);
            }
            for (number, page) in (1..).zip(expected.chunks(PAGE_SIZE as usize)) {
                let page_of = test.store.tokens().numbered_page(test.aya.account, &filter, number, PAGE_SIZE);
                let (tokens, total) = page_of.await.unwrap();
                assert_eq!((tokens.as_slice(), total), (page, expected.len() as u64), "{filter:?}, page {number}");
            }
            let by_creation = TokenFilter { sort: Sort::Created, ..filter.clone() };
            let oldest_first: Vec<_> = by_hand(all.clone(), &by_creation).into_iter().rev().collect();
            for (number, page) in (1..).zip(oldest_first.chunks(7)) {
                let page_of = test.store.tokens().oldest_first_page(test.aya.account, &filter, number, 7);
                let (tokens, total) = page_of.await.unwrap();
                assert_eq!((tokens.as_slice(), total), (page, expected.len() as u64), "{filter:?}, page {number}");
            }
        }
    }
}

#[tokio::test]
async fn each_page_has_its_row_range_and_the_total() {
    let test = TestStore::new().await;
    for _ in 0..=2 * PAGE_SIZE {
        test.issue("Same").await;
    }
    for sort in Sort::ALL {
        let filter = TokenFilter { sort, ..TokenFilter::default() };
        let mut list = test.at(&filter, PagePosition::First).await;
        for shown in [RowsShown::Range(1, 24), RowsShown::Range(25, 48), RowsShown::Range(49, 49)] {
            assert_eq!((list.position.shown(), list.position.total), (shown, Count::Exactly(49)));
            let Some(next) = list.position.next() else { break };
            list = test.at(&filter, next).await;
        }
        assert_eq!((list.position.next(), list.tokens.len()), (None, 1));
        let end = test.at(&filter, PagePosition::Last).await;
        assert_eq!((&end.tokens, end.position.shown()), (&list.tokens, RowsShown::Range(49, 49)));
        let few = TokenFilter { name: "none".to_owned(), ..filter };
        assert_eq!(test.at(&few, PagePosition::Last).await.position, Position::default());
    }
}

#[tokio::test]
async fn changes_between_two_pages_move_no_other_token() {
    for sort in Sort::ALL {
        for backwards in [false, true] {
            let test = TestStore::new().await;
            for n in 0..4 * PAGE_SIZE {
                let token = test.issue_before(&format!("Token {:02}", n / 2), TimeDelta::hours(i64::from(n / 3))).await;
                if n % 2 == 0 {
                    let used = test.store.at(Clock::fixed(begin() - TimeDelta::minutes(i64::from(n / 5))));
                    used.gate().record_use(token.id).await.unwrap();
                }
            }
            let filter = TokenFilter { sort, ..TokenFilter::default() };
            let all = test.walked(&filter, false).await;
            // All tokens in the order of the walk, seen or not.
            let order: Vec<_> = if backwards { all.iter().rev().collect() } else { all.iter().collect() };
            let mut touched = HashSet::new();
            let mut seen = Vec::new();
            let mut place = if backwards { PagePosition::Last } else { PagePosition::First };
            for pages in 1.. {
                let mut list = test.at(&filter, place).await;
                let next = if backwards { list.position.previous() } else { list.position.next() };
                if backwards {
                    list.tokens.reverse();
                }
                let edge = list.tokens.last().unwrap().clone();
                let known = |token: &Token| all.iter().any(|it| it.id == token.id);
                seen.extend(list.tokens.into_iter().filter(|token| known(token)).map(|token| token.id.0));
                let Some(next) = next else { break };
                place = next;
                // Delete the page's last row, one row that was seen and one that was not.
                let at = |index: usize| order.get(index).filter(|token| token.id != edge.id);
                let gone = [Some(&edge), at(pages * 24 - 10).copied(), at(pages * 24 + 3).copied()];
                // Move one row that was seen and one that was not to the first or last place by name and by last use.
                let moved = [at(pages * 24 - 5).copied(), at(pages * 24 + 7).copied()];
                for token in gone.into_iter().flatten().filter(|token| touched.insert(token.id)) {
                    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
                }
                for (token, name) in moved.into_iter().zip(["A first", "Z last"]) {
                    let Some(token) = token.filter(|token| touched.insert(token.id)) else { continue };
                    let settings = test.settings(name);
                    test.store.tokens().update(&test.aya, token.id, settings, token.revision).await.unwrap();
                    test.store
                        .at(Clock::fixed(begin() + TimeDelta::hours(1)))
                        .gate()
                        .record_use(token.id)
                        .await
                        .unwrap();
                }
                for (name, age) in [("A new", 0), ("Token 20", 15), ("Z new", 100)] {
                    test.issue_before(name, TimeDelta::hours(age)).await;
                }
            }
            assert!(touched.len() > 12, "{}", touched.len());
            seen.retain(|id| !touched.contains(&TokenId(*id)));
            let stayed: Vec<_> = order.iter().filter(|token| !touched.contains(&token.id)).map(|it| it.id.0).collect();
            assert_eq!(seen, stayed, "{sort:?}, backwards {backwards}");
        }
    }
}

#[tokio::test]
async fn empty_page_is_replaced_by_the_first_or_last_page() {
    let test = TestStore::new().await;
    let filter = TokenFilter::default();
    for n in 0..=PAGE_SIZE {
        test.issue_before(&format!("Token {n}"), TimeDelta::hours(n.into())).await;
    }
    let all = test.walked(&filter, false).await;
    let (first, last) = (key(filter.sort, &all[0]), key(filter.sort, all.last().unwrap()));
    let beyond = test.at(&filter, PagePosition::After(last.clone())).await;
    assert_eq!((beyond.position.place, beyond.tokens.as_slice()), (PagePosition::Last, &all[24..]));
    let beyond = test.at(&filter, PagePosition::Before(first.clone())).await;
    assert_eq!((beyond.position.place, beyond.tokens.as_slice()), (PagePosition::First, &all[..24]));

    // The rows before a page are a page, however few: no row is shown twice.
    let second = test.at(&filter, PagePosition::Before(key(filter.sort, &all[2]))).await;
    assert_eq!((second.tokens.as_slice(), second.position.shown()), (&all[..2], RowsShown::Range(1, 2)));
    assert_eq!((second.position.previous(), second.position.place == PagePosition::First), (None, false));
    let rest = test.at(&filter, second.position.next().unwrap()).await;
    assert_eq!((rest.tokens.as_slice(), rest.position.shown()), (&all[2..], RowsShown::Range(3, 25)));

    // A page with no rows left before it is the first page.
    test.store.tokens().delete(&test.aya, all[0].id).await.unwrap();
    let rest = test.at(&filter, PagePosition::After(first)).await;
    assert_eq!((rest.position.place, rest.tokens.as_slice()), (PagePosition::First, &all[1..]));
    let all_before = test.at(&filter, PagePosition::Before(last)).await;
    assert_eq!((all_before.tokens.as_slice(), all_before.position.shown()), (&all[1..24], RowsShown::Range(1, 23)));
}

#[tokio::test]
async fn malformed_page_key_gives_the_first_page() {
    let test = TestStore::new().await;
    for n in 0..2 * PAGE_SIZE {
        test.issue(&format!("Token {n}")).await;
    }
    let id = Uuid::now_v7();
    for sort in Sort::ALL {
        let filter = TokenFilter { sort, ..TokenFilter::default() };
        let first = test.at(&filter, PagePosition::First).await;
        let mut nonsense = vec![String::new(), ".".to_owned(), id.to_string(), format!("{id}"), "' OR 1=1".to_owned()];
        nonsense.push(format!(".{}", i64::MAX));
        if sort == Sort::Name {
            nonsense.push(format!("{id}.a\0b"));
        } else {
            nonsense.extend([
                format!("{id}.x"),
                format!("{id}.{}0", i64::MAX),
                format!("{id}.1.5"),
                format!("{id}.\0"),
            ]);
        }
        for text in nonsense {
            for place in [PagePosition::After(Cursor(text.clone())), PagePosition::Before(Cursor(text.clone()))] {
                assert_eq!(test.at(&filter, place).await, first, "{sort:?}: {text:?}");
            }
        }
        // An extreme value that can be parsed is a place before or after all rows.
        for extreme in [i64::MIN, i64::MAX] {
            let list = test.at(&filter, PagePosition::After(Cursor(format!("{id}.{extreme}")))).await;
            assert!(!list.tokens.is_empty(), "{sort:?}: {extreme}");
        }
    }
}

#[tokio::test]
async fn key_of_another_account_s_token_reveals_nothing() {
    let test = TestStore::new().await;
    let otto = test.stranger().await;
    for n in 0..2 * PAGE_SIZE {
        test.issue_before(&format!("Token {n}"), TimeDelta::hours(n.into())).await;
    }
    let hour = TimeDelta::hours(5);
    let theirs = test.store.at(Clock::fixed(begin() - hour));
    let settings = TokenSettings { primary_contact: otto.user.id, ..test.settings("Token 5") };
    let strangers = theirs.tokens().create(&otto, settings, Uuid::now_v7()).await.unwrap().token;
    for sort in Sort::ALL {
        let filter = TokenFilter { sort, ..TokenFilter::default() };
        let own = test.walked(&filter, false).await;
        for place in [PagePosition::After as fn(Cursor) -> PagePosition, PagePosition::Before] {
            let list = test.at(&filter, place(key(sort, &strangers))).await;
            assert!(list.tokens.iter().all(|token| own.contains(token)));
            assert_eq!(list.position.total, Count::Exactly(own.len() as u64));
            // The answer is the same as for a token that never existed, with a similar key.
            let none = Token { id: TokenId(Uuid::from_u128(strangers.id.0.as_u128() + 1)), ..strangers.clone() };
            let there = test.at(&filter, place(key(sort, &none))).await;
            assert_eq!((there.tokens, there.position.before), (list.tokens, list.position.before));
        }
    }
}

#[tokio::test]
async fn list_over_ten_thousand_says_more_than_and_reaches_the_end() {
    let test = TestStore::new().await;
    test.issue("Token 0").await;
    test.copy(COUNTED + 99).await;
    let more = Count::MoreThan(COUNTED.into());
    for sort in Sort::ALL {
        let filter = TokenFilter { sort, ..TokenFilter::default() };
        let first = test.at(&filter, PagePosition::First).await;
        assert_eq!((first.position.total, first.position.shown()), (more, RowsShown::Range(1, 24)));
        let second = test.at(&filter, first.position.next().unwrap()).await;
        assert_eq!((second.position.total, second.position.shown()), (more, RowsShown::Range(25, 48)));
        let mut list = test.at(&filter, PagePosition::Last).await;
        assert_eq!((list.position.total, list.position.shown()), (more, RowsShown::Last(24)));
        // 10,100 are 20 more than 420 pages.
        let mut back = list.tokens.len();
        for shown in [RowsShown::Beyond(24, 10_000); 3] {
            list = test.at(&filter, list.position.previous().unwrap()).await;
            assert_eq!((list.position.total, list.position.shown()), (more, shown), "{sort:?}");
            back += list.tokens.len();
        }
        list = test.at(&filter, list.position.previous().unwrap()).await;
        back += list.tokens.len();
        let from = 10_100 - back as u64 + 1;
        assert_eq!((list.position.total, list.position.shown()), (more, RowsShown::Range(from, from + 23)), "{sort:?}");
        let (tokens, total) =
            test.store.tokens().numbered_page(test.aya.account, &filter, 421, PAGE_SIZE).await.unwrap();
        assert_eq!((tokens.len(), total), (20, 10_100));
        assert_eq!(tokens.last(), test.at(&filter, PagePosition::Last).await.tokens.last());
    }
    let old = TokenFilter { condition: Some(Condition::OldVersion), ..TokenFilter::default() };
    let list = test.at(&old, PagePosition::First).await;
    assert_eq!((list.tokens.len(), list.position.total), (24, more));
    let overview = test.store.tokens().overview(test.aya.account).await.unwrap();
    assert_eq!((overview.all, overview.disabled), (more, Count::Exactly(0)));
    assert_eq!((overview.count(Condition::OldVersion), overview.count(Condition::Working)), (more, more));
    let filter = named("token");
    assert_eq!(test.at(&filter, PagePosition::First).await.position.total, more);
    assert_eq!(test.names(named("token 4321")).await, ["Token 4321"]);
    let walked: HashSet<_> = test.walked(&named("token 1"), false).await.iter().map(|token| token.id.0).collect();
    // 1, 10 to 19, 100 to 199, 1000 to 1999 and 10000 to 10099.
    assert_eq!(walked.len(), 1 + 10 + 100 + 1_000 + 100);
}

#[tokio::test]
async fn beyond_the_last_page_by_number_there_is_nothing() {
    let test = TestStore::new().await;
    let page = async |number| {
        let filter = TokenFilter::default();
        test.store.tokens().numbered_page(test.aya.account, &filter, number, PAGE_SIZE).await.unwrap()
    };
    assert_eq!(page(1).await, (vec![], 0));
    let token = test.issue("Export").await.token;
    assert_eq!(page(1).await, (vec![token], 1));
    for beyond in [0, 2, 1_000_000, u32::MAX] {
        assert_eq!(page(beyond).await, (vec![], 1), "{beyond}");
    }
}
