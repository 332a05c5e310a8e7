//! Forgotten passwords: links that administrators make and people ask for, what a new password ends, and the people who
//! get no link.

use crate::soft_passkey::{SoftPasskey, party};
use crate::test_store::{HERE, PASSWORD, TestStore, new_user};
use chrono::TimeDelta;
use domain::Refusal;
use domain::members::membership::Joining;
use domain::members::role::Role;
use domain::members::user::{CurrentUser, UserId};
use domain::sign_in::password_reset::{Handover, RESET_LIFETIME, RESETS_ASKED_MAX};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use store::{Error, ResetToken, SignIn};

const NEW: &str = "three small paper lanterns";
const BEN: &str = "Ben@agency.example";

impl TestStore {
    async fn ben(&self) -> UserId {
        self.store.members().add(self.aya.account, new_user("Ben", Role::Analyst)).await.unwrap()
    }

    async fn reset_link(&self, user: UserId) -> ResetToken {
        self.store.sign_in().make_reset_link(&self.aya, user, Handover::ByHand).await.unwrap().token
    }

    async fn reset(&self, token: &ResetToken) -> Result<(), Error> {
        self.store.sign_in().reset_password(token, NEW, HERE).await
    }

    async fn with_password(&self, email: &str, password: &str) -> Result<SignIn, Error> {
        self.store.sign_in().with_password(email, password, HERE).await
    }

    /// Returns Otto, a user of another account who has joined Aya's.
    async fn otto_in_both(&self) -> CurrentUser {
        let otto = self.stranger().await;
        let (_, token) = self.store.members().invite(&self.aya, &otto.user.email, Role::Analyst).await.unwrap();
        let known = Joining::Known { password: PASSWORD.to_owned() };
        self.store.members().accept_invitation(&token, known, HERE).await.unwrap().session().unwrap();
        otto
    }
}

fn over<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::Refused(Refusal::ResetOver))), "{result:?}");
}

#[tokio::test]
async fn link_sets_a_password_once_and_ends_all_sessions() {
    let test = TestStore::new().await;
    let ben = test.ben().await;
    let sign_in = async || test.with_password(BEN, PASSWORD).await.unwrap().session().unwrap();
    let sessions = [sign_in().await, sign_in().await];
    let token = ResetToken::parse(test.reset_link(ben).await.reveal()).unwrap();
    assert!(!test.holds(token.reveal()).await, "its hash is kept only");
    assert_eq!(test.store.sign_in().password_reset(&token, HERE).await.unwrap(), BEN);
    test.reset(&token).await.unwrap();
    for session in sessions {
        assert_eq!(test.store.sign_in().session(&session).await.unwrap(), None);
    }
    assert!(matches!(test.with_password(BEN, PASSWORD).await, Err(Error::Refused(Refusal::WrongCredentials))));
    test.with_password(BEN, NEW).await.unwrap().session().unwrap();
    over(test.reset(&token).await);
    over(test.store.sign_in().password_reset(&token, HERE).await);

    let events = test.events().await;
    let find = |action: &str| events.iter().find(|(name, _)| name == action).map(|(_, details)| details.clone());
    assert_eq!(find("password_link_made"), Some(json!({ "user": ben, "email": BEN })));
    assert_eq!(find("password_reset"), Some(json!({ "user": ben, "email": BEN, "sessions_ended": 2 })));
}

#[tokio::test]
async fn link_is_over_after_an_hour() {
    let test = TestStore::new().await;
    let token = test.reset_link(test.ben().await).await;
    test.later(RESET_LIFETIME - TimeDelta::seconds(1));
    test.store.sign_in().password_reset(&token, HERE).await.unwrap();
    assert_eq!(test.store.sign_in().remove_expired_resets().await.unwrap(), 0);
    test.later(TimeDelta::seconds(1));
    over(test.reset(&token).await);
    assert_eq!(test.store.sign_in().remove_expired_resets().await.unwrap(), 1);
    test.with_password(BEN, PASSWORD).await.unwrap().session().unwrap();
}

#[tokio::test]
async fn new_password_ends_every_other_link() {
    let test = TestStore::new().await;
    let ben = test.ben().await;
    let replaced = test.reset_link(ben).await;
    let made = test.reset_link(ben).await;
    over(test.store.sign_in().password_reset(&replaced, HERE).await);
    let asked = test.store.sign_in().reset_link_for(BEN).await.unwrap().unwrap().token;
    test.reset(&asked).await.unwrap();
    over(test.reset(&made).await);
    let left = test.reset_link(ben).await;
    test.store.sign_in().set_password(BEN, PASSWORD).await.unwrap();
    over(test.reset(&left).await);
}

#[tokio::test]
async fn reset_does_not_pass_the_second_factor() {
    let test = TestStore::new().await;
    let challenge = test.store.sign_in().begin_passkey(&test.aya, &party(), HERE).await.unwrap();
    let (_, answer) = SoftPasskey::create(&challenge);
    test.store.sign_in().add_passkey(&test.aya, &answer, "Laptop").await.unwrap();
    let pending = match test.with_password(&test.aya.user.email, PASSWORD).await {
        Ok(SignIn::SecondStep(pending)) => pending,
        other => panic!("{other:?}"),
    };
    test.reset(&test.reset_link(test.aya.user.id).await).await.unwrap();
    assert!(
        matches!(test.store.sign_in().pending(&pending).await, Err(Error::Refused(Refusal::SignInOver))),
        "begun with the old password"
    );
    let entered = test.with_password(&test.aya.user.email, NEW).await;
    assert!(matches!(entered, Ok(SignIn::SecondStep(_))), "{entered:?}");
}

#[tokio::test]
async fn administrator_sees_no_link_of_a_member_of_other_accounts() {
    let test = TestStore::new().await;
    let otto = test.otto_in_both().await;
    let shown = test.store.sign_in().make_reset_link(&test.aya, otto.user.id, Handover::ByHand).await;
    assert!(matches!(shown, Err(Error::Refused(Refusal::BelongsElsewhere))), "{shown:?}");
    // A deactivated user may be reinstated there while the administrator here still knows the password.
    let oya = test.store.members().add(otto.account, new_user("Oya", Role::AccountAdministrator)).await.unwrap();
    let oya = CurrentUser { user: domain::members::user::Person { id: oya, ..otto.user.clone() }, ..otto.clone() };
    test.store.members().deactivate(&oya, otto.user.id).await.unwrap();
    let shown = test.store.sign_in().make_reset_link(&test.aya, otto.user.id, Handover::ByHand).await;
    assert!(matches!(shown, Err(Error::Refused(Refusal::BelongsElsewhere))), "{shown:?}");
    let mailed = test.store.sign_in().make_reset_link(&test.aya, otto.user.id, Handover::Mail).await.unwrap();
    assert!(mailed.belongs_elsewhere);
    test.store.sign_in().withdraw_reset_link(&mailed.token).await.unwrap();
    over(test.reset(&mailed.token).await);
}

#[tokio::test]
async fn link_ends_when_its_person_joins_another_account() {
    let test = TestStore::new().await;
    let otto = test.stranger().await;
    let (invitation, joining) =
        test.store.members().invite(&otto, "ben@agency.example", Role::AccountAdministrator).await.unwrap();
    let ben = test.ben().await;
    let shown = test.reset_link(ben).await;
    assert_eq!(invitation.email, "ben@agency.example");
    let known = Joining::Known { password: PASSWORD.to_owned() };
    test.store.members().accept_invitation(&joining, known, HERE).await.unwrap().session().unwrap();
    over(test.reset(&shown).await);
}

#[tokio::test]
async fn link_is_made_by_active_administrators_for_their_members() {
    let test = TestStore::new().await;
    let (ben, stranger) = (test.ben().await, test.stranger().await);
    let ask =
        async |by: &CurrentUser, user| test.store.sign_in().make_reset_link(by, user, Handover::Mail).await.map(drop);
    assert!(matches!(ask(&stranger, ben).await, Err(Error::Refused(Refusal::NotFound))));
    assert!(matches!(ask(&test.aya, stranger.user.id).await, Err(Error::Refused(Refusal::NotFound))));
    let person = domain::members::user::Person { id: ben, ..test.aya.user.clone() };
    assert!(matches!(
        ask(&CurrentUser { user: person, ..test.aya.clone() }, ben).await,
        Err(Error::Refused(Refusal::NotAllowed))
    ));
    ask(&test.aya, ben).await.unwrap();
}

#[tokio::test]
async fn deactivated_person_gets_no_link_and_can_use_none() {
    let test = TestStore::new().await;
    let ben = test.ben().await;
    let links = [test.reset_link(ben).await, test.store.sign_in().reset_link_for(BEN).await.unwrap().unwrap().token];
    test.store.members().deactivate(&test.aya, ben).await.unwrap();
    for link in &links {
        over(test.reset(link).await);
    }
    let made = test.store.sign_in().make_reset_link(&test.aya, ben, Handover::Mail).await;
    assert!(matches!(made, Err(Error::Refused(Refusal::Deactivated))), "{made:?}");
    assert!(test.store.sign_in().reset_link_for(BEN).await.unwrap().is_none());
    test.store.members().reinstate(&test.aya, ben).await.unwrap();
    over(test.reset(&links[0]).await);
    test.with_password(BEN, PASSWORD).await.unwrap().session().unwrap();
}

#[tokio::test]
async fn asked_link_goes_to_the_known_address_only() {
    let test = TestStore::new().await;
    test.ben().await;
    // Full-width letters fold to the same text, but may be another person's mailbox.
    let link = test.store.sign_in().reset_link_for("\u{ff42}en@agency.example ").await.unwrap().unwrap();
    assert_eq!(link.person.email, BEN);
    assert!(test.store.sign_in().reset_link_for("nobody@agency.example").await.unwrap().is_none());
    let events = test.events().await;
    assert_eq!(events.last().unwrap().0, "password_link_mailed");
}

#[tokio::test]
async fn asking_is_slowed_down_alike_for_every_address() {
    let test = TestStore::new().await;
    test.ben().await;
    for email in [BEN, "nobody@agency.example"] {
        let from = |last| IpAddr::V4(Ipv4Addr::new(203, 0, 113, last));
        for last in 0..5 {
            test.store.sign_in().count_reset_request(email, from(last)).await.unwrap();
        }
        let refused = test.store.sign_in().count_reset_request(&email.to_uppercase(), from(9)).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::Throttled { .. }))), "{refused:?}");
    }
    let network = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    for number in 0..20 {
        test.store.sign_in().count_reset_request(&format!("{number}@agency.example"), network).await.unwrap();
    }
    let refused = test.store.sign_in().count_reset_request("another@agency.example", network).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Throttled { .. }))), "{refused:?}");
    test.with_password(BEN, PASSWORD).await.expect("requests of others do not keep the person out").session().unwrap();
}

#[tokio::test]
async fn mailbox_gets_three_links_an_hour_at_most() {
    let test = TestStore::new().await;
    let ben = test.ben().await;
    let mut links = Vec::new();
    for _ in 0..RESETS_ASKED_MAX {
        links.push(test.store.sign_in().reset_link_for(BEN).await.unwrap().unwrap().token);
    }
    assert!(test.store.sign_in().reset_link_for(BEN).await.unwrap().is_none());
    test.store.sign_in().password_reset(&links[0], HERE).await.expect("none of them replaces another");
    test.later(RESET_LIFETIME);
    let asked = test.store.sign_in().reset_link_for(BEN).await.unwrap().unwrap().token;
    test.reset_link(ben).await;
    over(test.store.sign_in().password_reset(&asked, HERE).await);
}

#[tokio::test]
async fn guesses_of_links_are_slowed_down() {
    let test = TestStore::new().await;
    let token = test.reset_link(test.ben().await).await;
    let guesser = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));
    for guess in 0..20 {
        let guess = ResetToken::parse(&format!("{guess:043}")).unwrap();
        over(test.store.sign_in().password_reset(&guess, guesser).await);
    }
    assert!(matches!(
        test.store.sign_in().password_reset(&token, guesser).await,
        Err(Error::Refused(Refusal::Throttled { .. }))
    ));
    for _ in 0..30 {
        test.store.sign_in().password_reset(&token, HERE).await.expect("looking at a link that is right is no guess");
    }
}

#[tokio::test]
async fn password_set_by_the_operator_is_recorded_in_every_account() {
    let test = TestStore::new().await;
    let otto = test.otto_in_both().await;
    for _ in 0..5 {
        assert!(test.with_password(&otto.user.email, "wrong").await.is_err());
    }
    assert!(matches!(
        test.with_password(&otto.user.email, PASSWORD).await,
        Err(Error::Refused(Refusal::Throttled { .. }))
    ));
    assert_eq!(
        test.store.sign_in().set_password("OTTO@agency.example", NEW).await.unwrap(),
        1,
        "the session of joining"
    );
    test.with_password(&otto.user.email, NEW).await.expect("the failed attempts are forgiven").session().unwrap();
    let resets = test.actions().await.into_iter().filter(|action| action == "password_reset").count();
    assert_eq!(resets, 2, "once in each account");
    let unknown = test.store.sign_in().set_password("nobody@agency.example", NEW).await;
    assert!(matches!(unknown, Err(Error::Refused(Refusal::NotFound))), "{unknown:?}");
}
