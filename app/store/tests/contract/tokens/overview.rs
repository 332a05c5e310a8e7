//! The numbers of tokens by condition, and the lists that they lead to.

use super::overlap::reset;
use crate::test_store::{TestStore, begin, new_user};
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::security_policy::SecurityPolicy;
use domain::gate::api_version::ApiVersion;
use domain::members::role::Role;
use domain::members::user::UserId;
use domain::paging::Count;
use domain::tokens::condition::{Condition, EXPIRING_WITHIN, IN_USE_WITHIN, NEW_FOR, UNUSED_AFTER};
use domain::tokens::expiry::Lifetime;
use domain::tokens::filter::{PAGE_SIZE, Sort, TokenFilter};
use domain::tokens::overlap::Overlap;
use domain::tokens::token::{Token, TokenSettings, TokenState};
use store::{Clock, IssuedToken};
use uuid::Uuid;

const INSTANT: TimeDelta = TimeDelta::microseconds(1);
/// More tokens than a test has.
const ALL: u32 = 1_000;

impl TestStore {
    /// Adds a member and deactivates them.
    async fn former_member(&self) -> UserId {
        let id = self.store.members().add(self.aya.account, new_user("Ben", Role::Analyst)).await.unwrap();
        self.store.members().deactivate(&self.aya, id).await.unwrap();
        id
    }

    /// Creates a token at one time and uses it at another. Those that are equal in both differ in the rest.
    async fn issue_used(
        &self,
        number: usize,
        created_at: DateTime<Utc>,
        expires_at: Option<DateTime<Utc>>,
        used_at: Option<DateTime<Utc>>,
        former: UserId,
    ) {
        let api_version = ApiVersion::ALL[number % ApiVersion::ALL.len()];
        let primary_contact = if number.is_multiple_of(3) { former } else { self.aya.user.id };
        let settings =
            TokenSettings { api_version, primary_contact, expires_at, ..self.settings(&format!("Token {number}")) };
        let then = self.store.at(Clock::fixed(created_at));
        let id = then.tokens().create(&self.aya, settings, Uuid::now_v7()).await.unwrap().token.id;
        if let Some(used_at) = used_at {
            self.store.at(Clock::fixed(used_at)).gate().record_use(id).await.unwrap();
        }
        if number % 7 == 6 {
            self.store.tokens().disable(&self.aya, id).await.unwrap();
        }
    }

    /// Limits the lifetime of the account's Auth Tokens.
    async fn limit(&self, longest: Lifetime) {
        let (policy, revision) = self.store.account().security_policy(self.aya.account).await.unwrap();
        let policy = SecurityPolicy { token_lifetime: Some(longest), ..policy };
        self.store.account().update_security_policy(&self.aya, &policy, revision).await.unwrap();
    }

    async fn everything(&self, filter: &TokenFilter) -> Vec<Token> {
        let page = self.store.tokens().numbered_page(self.aya.account, filter, 1, ALL).await.unwrap();
        assert_eq!(page.0.len() as u64, page.1);
        page.0
    }
}

#[tokio::test]
async fn conditions_in_lists_and_numbers_follow_the_rule() {
    let test = TestStore::new().await;
    let former = test.former_member().await;
    let now = begin();
    let created = [now, now - NEW_FOR + INSTANT, now - NEW_FOR, now - TimeDelta::days(120)];
    let expiries = [now, now + INSTANT, now + EXPIRING_WITHIN, now + EXPIRING_WITHIN + INSTANT];
    let uses = [now - INSTANT, now - IN_USE_WITHIN, now - UNUSED_AFTER + INSTANT, now - UNUSED_AFTER];
    let mut number = 0;
    for created_at in created {
        for expires_at in expiries.map(Some).into_iter().chain([None]) {
            for used_at in uses.map(Some).into_iter().chain([None]) {
                test.issue_used(number, created_at, expires_at, used_at, former).await;
                number += 1;
            }
        }
    }
    // Without a longest lifetime, and with ones that end some tokens earlier than was chosen.
    for longest in [None, Lifetime::try_from(60_u16).ok(), Lifetime::try_from(30_u16).ok()] {
        if let Some(longest) = longest {
            test.limit(longest).await;
        }
        let overview = test.store.tokens().overview(test.aya.account).await.unwrap();
        assert_eq!(overview.all, Count::Exactly(number as u64));
        let disabled = TokenFilter { state: Some(TokenState::Disabled), ..TokenFilter::default() };
        let disabled = test.everything(&disabled).await.len();
        assert_eq!(overview.disabled, Count::Exactly(disabled as u64));
        for sort in Sort::ALL {
            let all = test.everything(&TokenFilter { sort, ..TokenFilter::default() }).await;
            for condition in Condition::ALL {
                let filter = TokenFilter { condition: Some(condition), sort, ..TokenFilter::default() };
                let holds = |token: &&Token| condition.holds(token, token.primary_contact.id != former, now);
                let expected: Vec<_> = all.iter().filter(holds).cloned().collect();
                let some = longest.is_some() || !expected.is_empty() && expected.len() < all.len();
                assert!(some, "{condition:?} is told apart");
                assert_eq!(test.everything(&filter).await, expected, "{condition:?}, {sort:?}, {longest:?}");
                let list = test.store.tokens().list(test.aya.account, &filter).await.unwrap();
                let count = Count::Exactly(expected.len() as u64);
                assert_eq!(list.position.total, count, "{condition:?}, {sort:?}, {longest:?}");
                let page = expected.len().min(PAGE_SIZE as usize);
                assert_eq!(list.tokens, expected[..page], "{condition:?}, {sort:?}, {longest:?}");
                assert_eq!(overview.count(condition), count, "{condition:?}, {longest:?}");
            }
        }
    }
}

#[tokio::test]
async fn condition_combines_with_other_filters() {
    let test = TestStore::new().await;
    let former = test.former_member().await;
    for number in 0..8 {
        test.issue_used(number, begin() - TimeDelta::days(40), None, None, former).await;
    }
    let never = TokenFilter { condition: Some(Condition::NeverUsed), sort: Sort::Name, ..TokenFilter::default() };
    let numbers = |numbers: &[u8]| numbers.iter().map(|number| format!("Token {number}")).collect::<Vec<_>>();
    assert_eq!(test.names(never.clone()).await, numbers(&[0, 1, 2, 3, 4, 5, 7]));
    for (name, found) in [("token 3", &[3_u8][..]), ("3", &[3]), ("token 6", &[])] {
        let named = TokenFilter { name: name.to_owned(), ..never.clone() };
        assert_eq!(test.names(named).await, numbers(found), "{name}");
    }
    let disabled = TokenFilter { state: Some(TokenState::Disabled), ..never.clone() };
    assert_eq!(test.names(disabled).await, numbers(&[]), "conditions are of enabled tokens");
    let enabled = TokenFilter { state: Some(TokenState::Enabled), ..never };
    assert_eq!(test.names(enabled).await.len(), 7);
}

#[tokio::test]
async fn overview_counts_the_accounts_own_tokens_that_are_left() {
    let test = TestStore::new().await;
    let empty = test.store.tokens().overview(test.aya.account).await.unwrap();
    assert_eq!((empty.api_access, empty.all, empty.needs().count()), (false, Count::Exactly(0), 0));
    test.store.account().enable_api_access(&test.aya).await.unwrap();
    let token = test.issue("Export").await.token;
    let overview = test.store.tokens().overview(test.aya.account).await.unwrap();
    assert_eq!((overview.api_access, overview.all), (true, Count::Exactly(1)));
    assert_eq!(overview.needs().collect::<Vec<_>>(), [(Condition::OldVersion, Count::Exactly(1))]);
    let strangers = test.store.tokens().overview(test.stranger().await.account).await.unwrap();
    assert_eq!(strangers, empty);
    test.store.tokens().delete(&test.aya, token.id).await.unwrap();
    let deleted = test.store.tokens().overview(test.aya.account).await.unwrap();
    assert_eq!((deleted.all, deleted.count(Condition::Working)), (Count::Exactly(0), Count::Exactly(0)));
}

#[tokio::test]
async fn overview_names_open_overlaps_that_end_first_first() {
    let test = TestStore::new().await;
    let (late, soon, at_once) = (test.issue("Late").await, test.issue("Soon").await, test.issue("At once").await);
    let deleted = test.issue("Deleted").await;
    for (token, overlap) in
        [(&late, Overlap::SevenDays), (&soon, Overlap::OneHour), (&at_once, Overlap::Now), (&deleted, Overlap::OneDay)]
    {
        reset(&test, token, overlap).await.unwrap();
    }
    test.store.tokens().delete(&test.aya, deleted.token.id).await.unwrap();
    let open = async || {
        let overlaps = test.store.tokens().overview(test.aya.account).await.unwrap().overlaps;
        overlaps.into_iter().map(|open| (open.token, open.name, open.ends_at)).collect::<Vec<_>>()
    };
    let one =
        |token: &IssuedToken, name: &str, ends_in: TimeDelta| (token.token.id, name.to_owned(), begin() + ends_in);
    let (first, last) = (one(&soon, "Soon", TimeDelta::hours(1)), one(&late, "Late", TimeDelta::days(7)));
    assert_eq!(open().await, [first, last.clone()]);
    test.later(TimeDelta::hours(1));
    assert_eq!(open().await, [last], "at its end it is over");
    test.limit(Lifetime::try_from(1_u16).unwrap()).await;
    test.later(TimeDelta::hours(23));
    assert_eq!(open().await, [], "the longest lifetime has ended it");
    let stranger = test.stranger().await;
    assert_eq!(test.store.tokens().overview(stranger.account).await.unwrap().overlaps, []);
}
