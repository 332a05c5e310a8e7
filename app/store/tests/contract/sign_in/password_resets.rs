//! Forgotten passwords: links that administrators make and people ask for, what a new password ends, and the people who
//! get no link.

use crate::house::{HERE, House, PASSWORD, new_user};
use crate::soft_passkey::{SoftPasskey, party};
use chrono::TimeDelta;
use domain::members::membership::Joining;
use domain::members::role::Role;
use domain::members::user::{Asker, UserId};
use domain::sign_in::password_reset::{Handover, RESET_LIFETIME, RESETS_ASKED_MAX};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use store::{Error, ResetToken, SessionToken};

const NEW: &str = "three small paper lanterns";
const BEN: &str = "Ben@agency.example";

impl House {
    async fn ben(&self) -> UserId {
        self.store.add_user(self.aya.account, new_user("Ben", Role::Analyst)).await.unwrap()
    }

    async fn reset_link(&self, user: UserId) -> ResetToken {
        self.store.make_reset_link(&self.aya, user, Handover::ByHand).await.unwrap().token
    }

    async fn reset(&self, token: &ResetToken) -> Result<(), Error> {
        self.store.reset_password(token, NEW, HERE).await
    }

    async fn with_password(&self, email: &str, password: &str) -> Result<SessionToken, Error> {
        self.store.sign_in(email, password, HERE).await
    }

    /// Returns Otto, a user of another account who has joined Aya's.
    async fn otto_in_both(&self) -> Asker {
        let otto = self.stranger().await;
        let (_, token) = self.store.invite(&self.aya, &otto.user.email, Role::Analyst).await.unwrap();
        let known = Joining::Known { password: PASSWORD.to_owned() };
        self.store.accept_invitation(&token, known, HERE).await.unwrap();
        otto
    }
}

fn over<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(matches!(result, Err(Error::ResetOver)), "{result:?}");
}

#[tokio::test]
async fn link_sets_a_password_once_and_ends_all_sessions() {
    let house = House::new().await;
    let ben = house.ben().await;
    let sessions =
        [house.with_password(BEN, PASSWORD).await.unwrap(), house.with_password(BEN, PASSWORD).await.unwrap()];
    let token = ResetToken::parse(house.reset_link(ben).await.reveal()).unwrap();
    assert!(!house.holds(token.reveal()).await, "its hash is kept only");
    assert_eq!(house.store.password_reset(&token, HERE).await.unwrap(), BEN);
    house.reset(&token).await.unwrap();
    for session in sessions {
        assert_eq!(house.store.session(&session).await.unwrap(), None);
    }
    assert!(matches!(house.with_password(BEN, PASSWORD).await, Err(Error::WrongCredentials)));
    house.with_password(BEN, NEW).await.unwrap();
    over(house.reset(&token).await);
    over(house.store.password_reset(&token, HERE).await);

    let events = house.events().await;
    let find = |action: &str| events.iter().find(|(name, _)| name == action).map(|(_, details)| details.clone());
    assert_eq!(find("password_link_made"), Some(json!({ "user": ben, "email": BEN })));
    assert_eq!(find("password_reset"), Some(json!({ "user": ben, "email": BEN, "sessions_ended": 2 })));
}

#[tokio::test]
async fn link_is_over_after_an_hour() {
    let house = House::new().await;
    let token = house.reset_link(house.ben().await).await;
    house.later(RESET_LIFETIME - TimeDelta::seconds(1));
    house.store.password_reset(&token, HERE).await.unwrap();
    assert_eq!(house.store.remove_expired_resets().await.unwrap(), 0);
    house.later(TimeDelta::seconds(1));
    over(house.reset(&token).await);
    assert_eq!(house.store.remove_expired_resets().await.unwrap(), 1);
    house.with_password(BEN, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn new_password_ends_every_other_link() {
    let house = House::new().await;
    let ben = house.ben().await;
    let replaced = house.reset_link(ben).await;
    let made = house.reset_link(ben).await;
    over(house.store.password_reset(&replaced, HERE).await);
    let asked = house.store.link_for(BEN).await.unwrap().unwrap().token;
    house.reset(&asked).await.unwrap();
    over(house.reset(&made).await);
    let left = house.reset_link(ben).await;
    house.store.set_password(BEN, PASSWORD).await.unwrap();
    over(house.reset(&left).await);
}

#[tokio::test]
async fn reset_does_not_pass_the_second_factor() {
    let house = House::new().await;
    let challenge = house.store.begin_passkey(&house.aya, &party(), HERE).await.unwrap();
    let (_, answer) = SoftPasskey::create(&challenge);
    house.store.add_passkey(&house.aya, &answer, "Laptop").await.unwrap();
    let pending = match house.with_password(&house.aya.user.email, PASSWORD).await {
        Err(Error::SecondStepNeeded(pending)) => pending,
        other => panic!("{other:?}"),
    };
    house.reset(&house.reset_link(house.aya.user.id).await).await.unwrap();
    assert!(
        matches!(house.store.pending_sign_in(&pending).await, Err(Error::SignInOver)),
        "begun with the old password"
    );
    let entered = house.with_password(&house.aya.user.email, NEW).await;
    assert!(matches!(entered, Err(Error::SecondStepNeeded(_))), "{entered:?}");
}

#[tokio::test]
async fn administrator_sees_no_link_of_a_member_of_other_accounts() {
    let house = House::new().await;
    let otto = house.otto_in_both().await;
    let shown = house.store.make_reset_link(&house.aya, otto.user.id, Handover::ByHand).await;
    assert!(matches!(shown, Err(Error::BelongsElsewhere)), "{shown:?}");
    // A deactivated user may be reinstated there while the administrator here still knows the password.
    let oya = house.store.add_user(otto.account, new_user("Oya", Role::AccountAdministrator)).await.unwrap();
    let oya = Asker { user: domain::members::user::Person { id: oya, ..otto.user.clone() }, ..otto.clone() };
    house.store.deactivate_user(&oya, otto.user.id).await.unwrap();
    let shown = house.store.make_reset_link(&house.aya, otto.user.id, Handover::ByHand).await;
    assert!(matches!(shown, Err(Error::BelongsElsewhere)), "{shown:?}");
    let mailed = house.store.make_reset_link(&house.aya, otto.user.id, Handover::Mail).await.unwrap();
    assert!(mailed.belongs_elsewhere);
    house.store.withdraw_reset_link(&mailed.token).await.unwrap();
    over(house.reset(&mailed.token).await);
}

#[tokio::test]
async fn link_ends_when_its_person_joins_another_account() {
    let house = House::new().await;
    let otto = house.stranger().await;
    let (invitation, joining) =
        house.store.invite(&otto, "ben@agency.example", Role::AccountAdministrator).await.unwrap();
    let ben = house.ben().await;
    let shown = house.reset_link(ben).await;
    assert_eq!(invitation.email, "ben@agency.example");
    let known = Joining::Known { password: PASSWORD.to_owned() };
    house.store.accept_invitation(&joining, known, HERE).await.unwrap();
    over(house.reset(&shown).await);
}

#[tokio::test]
async fn link_is_made_by_active_administrators_for_their_members() {
    let house = House::new().await;
    let (ben, stranger) = (house.ben().await, house.stranger().await);
    let ask = async |by: &Asker, user| house.store.make_reset_link(by, user, Handover::Mail).await.map(drop);
    assert!(matches!(ask(&stranger, ben).await, Err(Error::NotFound)));
    assert!(matches!(ask(&house.aya, stranger.user.id).await, Err(Error::NotFound)));
    let person = domain::members::user::Person { id: ben, ..house.aya.user.clone() };
    assert!(matches!(ask(&Asker { user: person, ..house.aya.clone() }, ben).await, Err(Error::NotAllowed)));
    ask(&house.aya, ben).await.unwrap();
}

#[tokio::test]
async fn deactivated_person_gets_no_link_and_can_use_none() {
    let house = House::new().await;
    let ben = house.ben().await;
    let links = [house.reset_link(ben).await, house.store.link_for(BEN).await.unwrap().unwrap().token];
    house.store.deactivate_user(&house.aya, ben).await.unwrap();
    for link in &links {
        over(house.reset(link).await);
    }
    let made = house.store.make_reset_link(&house.aya, ben, Handover::Mail).await;
    assert!(matches!(made, Err(Error::Deactivated)), "{made:?}");
    assert!(house.store.link_for(BEN).await.unwrap().is_none());
    house.store.reinstate_user(&house.aya, ben).await.unwrap();
    over(house.reset(&links[0]).await);
    house.with_password(BEN, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn asked_link_goes_to_the_known_address_only() {
    let house = House::new().await;
    house.ben().await;
    // Full-width letters fold to the same text, but may be another person's mailbox.
    let link = house.store.link_for("\u{ff42}en@agency.example ").await.unwrap().unwrap();
    assert_eq!(link.person.email, BEN);
    assert!(house.store.link_for("nobody@agency.example").await.unwrap().is_none());
    let events = house.events().await;
    assert_eq!(events.last().unwrap().0, "password_link_mailed");
}

#[tokio::test]
async fn asking_is_slowed_down_alike_for_every_address() {
    let house = House::new().await;
    house.ben().await;
    for email in [BEN, "nobody@agency.example"] {
        let from = |last| IpAddr::V4(Ipv4Addr::new(203, 0, 113, last));
        for last in 0..5 {
            house.store.count_reset_request(email, from(last)).await.unwrap();
        }
        let refused = house.store.count_reset_request(&email.to_uppercase(), from(9)).await;
        assert!(matches!(refused, Err(Error::Throttled { .. })), "{refused:?}");
    }
    let network = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    for number in 0..20 {
        house.store.count_reset_request(&format!("{number}@agency.example"), network).await.unwrap();
    }
    let refused = house.store.count_reset_request("another@agency.example", network).await;
    assert!(matches!(refused, Err(Error::Throttled { .. })), "{refused:?}");
    house.with_password(BEN, PASSWORD).await.expect("requests of others do not keep the person out");
}

#[tokio::test]
async fn mailbox_gets_three_links_an_hour_at_most() {
    let house = House::new().await;
    let ben = house.ben().await;
    let mut links = Vec::new();
    for _ in 0..RESETS_ASKED_MAX {
        links.push(house.store.link_for(BEN).await.unwrap().unwrap().token);
    }
    assert!(house.store.link_for(BEN).await.unwrap().is_none());
    house.store.password_reset(&links[0], HERE).await.expect("none of them replaces another");
    house.later(RESET_LIFETIME);
    let asked = house.store.link_for(BEN).await.unwrap().unwrap().token;
    house.reset_link(ben).await;
    over(house.store.password_reset(&asked, HERE).await);
}

#[tokio::test]
async fn guesses_of_links_are_slowed_down() {
    let house = House::new().await;
    let token = house.reset_link(house.ben().await).await;
    let guesser = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));
    for guess in 0..20 {
        let guess = ResetToken::parse(&format!("{guess:043}")).unwrap();
        over(house.store.password_reset(&guess, guesser).await);
    }
    assert!(matches!(house.store.password_reset(&token, guesser).await, Err(Error::Throttled { .. })));
    for _ in 0..30 {
        house.store.password_reset(&token, HERE).await.expect("looking at a link that is right is no guess");
    }
}

#[tokio::test]
async fn password_set_by_the_operator_is_recorded_in_every_account() {
    let house = House::new().await;
    let otto = house.otto_in_both().await;
    for _ in 0..5 {
        assert!(house.with_password(&otto.user.email, "wrong").await.is_err());
    }
    assert!(matches!(house.with_password(&otto.user.email, PASSWORD).await, Err(Error::Throttled { .. })));
    assert_eq!(house.store.set_password("OTTO@agency.example", NEW).await.unwrap(), 1, "the session of joining");
    house.with_password(&otto.user.email, NEW).await.expect("the failed attempts are forgiven");
    let resets = house.actions().await.into_iter().filter(|action| action == "password_reset").count();
    assert_eq!(resets, 2, "once in each account");
    let unknown = house.store.set_password("nobody@agency.example", NEW).await;
    assert!(matches!(unknown, Err(Error::NotFound)), "{unknown:?}");
}
