//! Identities: the people that an identity provider vouches for, and the users that they are.

use crate::house::{HERE, House, PASSWORD, new_user};
use crate::soft_passkey::{SoftPasskey, party};
use chrono::TimeDelta;
use domain::members::membership::{Change, INVITATION_LIFETIME};
use domain::members::role::Role;
use domain::members::user::Asker;
use serde_json::json;
use store::{Error, Identity, SessionToken, VerifiedPerson};

fn identity(subject: &str) -> Identity {
    Identity { issuer: "https://id.example".to_owned(), subject: subject.to_owned() }
}

impl House {
    async fn link(&self, subject: &str, email: &str) -> Result<SessionToken, Error> {
        let person = VerifiedPerson { email: email.to_owned(), name: Some(" Nao  Hara ".to_owned()) };
        self.store.link_identity(&identity(subject), &person, HERE).await
    }

    async fn enter(&self, subject: &str) -> Result<Option<Asker>, Error> {
        let Some(session) = self.store.sign_in_by_identity(&identity(subject), HERE).await? else { return Ok(None) };
        self.store.session(&session).await
    }
}

#[tokio::test]
async fn identity_is_linked_by_email_and_signs_its_user_in_after_that() {
    let house = House::new().await;
    assert_eq!(house.enter("aya").await.unwrap(), None);
    let session = house.link("aya", " AYA@agency.example").await.unwrap();
    assert_eq!(house.store.session(&session).await.unwrap().as_ref(), Some(&house.aya));
    assert_eq!(house.enter("aya").await.unwrap().as_ref(), Some(&house.aya));
    assert_eq!(house.enter("Aya").await.unwrap(), None);
    let elsewhere = Identity { issuer: "https://other.example".to_owned(), ..identity("aya") };
    assert!(house.store.sign_in_by_identity(&elsewhere, HERE).await.unwrap().is_none());

    let events = house.events().await;
    let linked = json!({ "issuer": "https://id.example", "subject": "aya" });
    assert_eq!(events[2], ("identity_linked".to_owned(), linked));
    let signed_in = json!({ "from": HERE, "issuer": "https://id.example" });
    assert_eq!(events[3..], [("signed_in".to_owned(), signed_in.clone()), ("signed_in".to_owned(), signed_in)]);
}

#[tokio::test]
async fn identity_sign_in_does_not_count_as_a_password() {
    let house = House::new().await;
    let session = house.link("aya", &house.aya.user.email).await.unwrap();
    assert!(matches!(house.store.require_recent_password(&session).await, Err(Error::StepUpNeeded)));
    let session = house.store.sign_in(&house.aya.user.email, PASSWORD, HERE).await.unwrap();
    house.store.require_recent_password(&session).await.unwrap();
}

#[tokio::test]
async fn unknown_person_is_refused_and_no_user_is_made() {
    let house = House::new().await;
    assert!(matches!(house.link("nao", "nao@agency.example").await, Err(Error::NotInvited)));
    assert_eq!(house.enter("nao").await.unwrap(), None);
    assert_eq!(house.store.members(house.aya.account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn lookalike_email_is_not_linked() {
    let house = House::new().await;
    // Full width letters and the Kelvin sign, which fold to ASCII.
    for email in ["\u{ff41}ya@agency.example", "aya@agency.e\u{ff58}ample", "Aya\u{ff20}agency.example"] {
        assert!(matches!(house.link("other", email).await, Err(Error::NotInvited)), "{email}");
    }
    house.store.add_user(house.aya.account, new_user("Ken", Role::Analyst)).await.unwrap();
    assert!(matches!(house.link("other", "\u{212a}en@agency.example").await, Err(Error::NotInvited)));
    house.link("ken", "KEN@Agency.example").await.unwrap();
}

#[tokio::test]
async fn second_identity_of_an_email_is_refused_until_unlinking() {
    let house = House::new().await;
    house.link("first", &house.aya.user.email).await.unwrap();
    assert!(matches!(house.link("second", &house.aya.user.email).await, Err(Error::LinkedOtherwise)));
    let refused = json!({ "issuer": "https://id.example", "subject": "second" });
    assert_eq!(house.events().await.last(), Some(&("sign_in_refused".to_owned(), refused)));

    assert_eq!(house.store.unlink_identities("Aya@agency.example").await.unwrap(), 1);
    assert_eq!(house.actions().await.last().map(String::as_str), Some("identity_unlinked"));
    assert_eq!(house.store.unlink_identities("Aya@agency.example").await.unwrap(), 0);
    assert_eq!(house.enter("first").await.unwrap(), None);
    house.link("second", &house.aya.user.email).await.unwrap();
    assert!(matches!(house.store.unlink_identities("nobody@agency.example").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_identity_is_one_user_only() {
    let house = House::new().await;
    house.store.add_user(house.aya.account, new_user("Ben", Role::Analyst)).await.unwrap();
    house.link("aya", &house.aya.user.email).await.unwrap();
    assert!(matches!(house.link("aya", "ben@agency.example").await, Err(Error::LinkedOtherwise)));
    assert_eq!(house.enter("aya").await.unwrap().as_ref(), Some(&house.aya));
}

#[tokio::test]
async fn user_deactivated_everywhere_is_refused_linked_or_not() {
    let house = House::new().await;
    let ben = house.store.add_user(house.aya.account, new_user("Ben", Role::Analyst)).await.unwrap();
    let cleo = house.store.add_user(house.aya.account, new_user("Cleo", Role::Analyst)).await.unwrap();
    house.link("ben", "ben@agency.example").await.unwrap();
    for user in [ben, cleo] {
        house.store.deactivate_user(&house.aya, user).await.unwrap();
    }
    assert!(matches!(house.enter("ben").await, Err(Error::NotInvited)));
    assert!(matches!(house.link("cleo", "cleo@agency.example").await, Err(Error::NotInvited)));
    let actions = house.actions().await;
    assert_eq!(actions[actions.len() - 2..], ["sign_in_refused", "sign_in_refused"]);

    house.store.reinstate_user(&house.aya, ben).await.unwrap();
    assert_eq!(house.enter("ben").await.unwrap().unwrap().user.id, ben);
    house.store.reinstate_user(&house.aya, cleo).await.unwrap();
    assert_eq!(house.enter("cleo").await.unwrap(), None);
}

#[tokio::test]
async fn invited_person_joins_by_signing_in_at_the_provider() {
    let house = House::new().await;
    let (_, token) = house.store.invite(&house.aya, "Nao@agency.example", Role::Finance).await.unwrap();
    let session = house.link("nao", "nao@agency.example").await.unwrap();
    let nao = house.store.session(&session).await.unwrap().unwrap();
    assert_eq!((nao.account, nao.role, nao.user.name.as_str()), (house.aya.account, Role::Finance, "Nao Hara"));
    // The user has no password to give, so joining counts as giving one, for the usual time.
    house.store.require_recent_password(&session).await.unwrap();
    house.later(TimeDelta::minutes(16));
    assert!(matches!(house.store.require_recent_password(&session).await, Err(Error::StepUpNeeded)));
    let again = house.store.sign_in_by_identity(&identity("nao"), HERE).await.unwrap().unwrap();
    assert!(matches!(house.store.require_recent_password(&again).await, Err(Error::StepUpNeeded)));

    assert!(matches!(house.store.invitation(&token, HERE).await, Err(Error::InvitationOver)));
    let events = house.events().await;
    let details = json!({ "user": nao.user.id, "email": "nao@agency.example", "role": "finance", "issuer": "https://id.example" });
    assert_eq!(events[3], ("invitation_accepted".to_owned(), details));
    assert_eq!((events[4].0.as_str(), events[5].0.as_str()), ("identity_linked", "signed_in"));
    // The user can set a password by a link.
    let link = house.store.link_for("nao@agency.example").await.unwrap().unwrap();
    house.store.reset_password(&link.token, PASSWORD, HERE).await.unwrap();
    house.store.sign_in("nao@agency.example", PASSWORD, HERE).await.unwrap();
}

#[tokio::test]
async fn invitation_that_ended_or_is_for_another_admits_no_one() {
    let house = House::new().await;
    let (store, aya) = (&house.store, &house.aya);
    store.invite(aya, "ken@agency.example", Role::AccountAdministrator).await.unwrap();
    assert!(matches!(house.link("other", "\u{212a}en@agency.example").await, Err(Error::NotInvited)), "Kelvin sign");
    let (withdrawn, _) = store.invite(aya, "mio@agency.example", Role::Analyst).await.unwrap();
    store.withdraw_invitation(aya, withdrawn.id).await.unwrap();
    assert!(matches!(house.link("mio", "mio@agency.example").await, Err(Error::NotInvited)));
    house.later(INVITATION_LIFETIME);
    assert!(matches!(house.link("ken", "ken@agency.example").await, Err(Error::NotInvited)));
    assert_eq!(store.members(aya.account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn person_deactivated_elsewhere_joins_where_invited() {
    let house = House::new().await;
    let otto = house.stranger().await;
    house.link("otto", &otto.user.email).await.unwrap();
    let ben = house.store.add_user(house.aya.account, new_user("Ben", Role::Analyst)).await.unwrap();
    house.store.add_user(otto.account, new_user("Oya", Role::AccountAdministrator)).await.unwrap();
    house.store.change_member_of(otto.account, &otto.user.email, Change::Deactivate).await.unwrap();
    house.store.deactivate_user(&house.aya, ben).await.unwrap();
    assert!(matches!(house.enter("otto").await, Err(Error::NotInvited)));
    house.store.invite(&house.aya, &otto.user.email, Role::Finance).await.unwrap();
    let joined = house.enter("otto").await.unwrap().unwrap();
    assert_eq!((joined.account, joined.role), (house.aya.account, Role::Finance));
    assert!(matches!(house.link("ben", "ben@agency.example").await, Err(Error::NotInvited)));
}

#[tokio::test]
async fn member_signing_in_accepts_no_other_invitation() {
    let house = House::new().await;
    let otto = house.stranger().await;
    house.store.invite(&otto, &house.aya.user.email, Role::Analyst).await.unwrap();
    let session = house.link("aya", &house.aya.user.email).await.unwrap();
    assert_eq!(house.store.session(&session).await.unwrap().unwrap().account, house.aya.account);
    assert_eq!(house.store.invitations(otto.account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn invited_person_is_asked_for_the_second_factor_they_have() {
    let house = House::new().await;
    let otto = house.stranger().await;
    let challenge = house.store.begin_passkey(&otto, &party(), HERE).await.unwrap();
    let (_, answer) = SoftPasskey::create(&challenge);
    house.store.add_passkey(&otto, &answer, "Laptop").await.unwrap();
    house.store.add_user(otto.account, new_user("Oya", Role::AccountAdministrator)).await.unwrap();
    house.store.change_member_of(otto.account, &otto.user.email, Change::Deactivate).await.unwrap();
    house.store.invite(&house.aya, &otto.user.email, Role::Analyst).await.unwrap();
    let joined = house.link("otto", &otto.user.email).await;
    assert!(matches!(joined, Err(Error::SecondStepNeeded(_))), "{joined:?}");
    assert_eq!(house.store.members(house.aya.account).await.unwrap().len(), 2);
}
