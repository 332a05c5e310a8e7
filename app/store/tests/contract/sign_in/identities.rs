//! Identities: the people that an identity provider vouches for, and the users that they are.

use crate::soft_passkey::{SoftPasskey, party};
use crate::test_store::{HERE, PASSWORD, TestStore, new_user};
use chrono::TimeDelta;
use domain::Refusal;
use domain::members::membership::{Change, INVITATION_LIFETIME};
use domain::members::role::Role;
use domain::members::user::CurrentUser;
use serde_json::json;
use store::{Error, Identity, SignIn, VerifiedPerson};

fn identity(subject: &str) -> Identity {
    Identity { issuer: "https://id.example".to_owned(), subject: subject.to_owned() }
}

impl TestStore {
    async fn link(&self, subject: &str, email: &str) -> Result<SignIn, Error> {
        let person = VerifiedPerson { email: email.to_owned(), name: Some(" Nao  Hara ".to_owned()) };
        self.store.sign_in().link_identity(&identity(subject), &person, HERE).await
    }

    async fn enter(&self, subject: &str) -> Result<Option<CurrentUser>, Error> {
        let signed_in = self.store.sign_in().with_identity(&identity(subject), HERE).await?;
        let Some(session) = signed_in.map(|signed_in| signed_in.session().unwrap()) else { return Ok(None) };
        self.store.sign_in().session(&session).await
    }
}

#[tokio::test]
async fn identity_is_linked_by_email_and_signs_its_user_in_after_that() {
    let test = TestStore::new().await;
    assert_eq!(test.enter("aya").await.unwrap(), None);
    let session = test.link("aya", " AYA@agency.example").await.unwrap().session().unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().as_ref(), Some(&test.aya));
    assert_eq!(test.enter("aya").await.unwrap().as_ref(), Some(&test.aya));
    assert_eq!(test.enter("Aya").await.unwrap(), None);
    let elsewhere = Identity { issuer: "https://other.example".to_owned(), ..identity("aya") };
    assert!(test.store.sign_in().with_identity(&elsewhere, HERE).await.unwrap().is_none());

    let events = test.events().await;
    let linked = json!({ "issuer": "https://id.example", "subject": "aya" });
    assert_eq!(events[2], ("identity_linked".to_owned(), linked));
    let signed_in = json!({ "from": HERE, "issuer": "https://id.example" });
    assert_eq!(events[3..], [("signed_in".to_owned(), signed_in.clone()), ("signed_in".to_owned(), signed_in)]);
}

#[tokio::test]
async fn identity_sign_in_does_not_count_as_a_password() {
    let test = TestStore::new().await;
    let session = test.link("aya", &test.aya.user.email).await.unwrap().session().unwrap();
    assert!(matches!(
        test.store.members().require_recent_password(&session).await,
        Err(Error::Refused(Refusal::StepUpNeeded))
    ));
    let session =
        test.store.sign_in().with_password(&test.aya.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    test.store.members().require_recent_password(&session).await.unwrap();
}

#[tokio::test]
async fn unknown_person_is_refused_and_no_user_is_made() {
    let test = TestStore::new().await;
    assert!(matches!(test.link("nao", "nao@agency.example").await, Err(Error::Refused(Refusal::NotInvited))));
    assert_eq!(test.enter("nao").await.unwrap(), None);
    assert_eq!(test.store.members().list(test.aya.account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn lookalike_email_is_not_linked() {
    let test = TestStore::new().await;
    // Full width letters and the Kelvin sign, which fold to ASCII.
    for email in ["\u{ff41}ya@agency.example", "aya@agency.e\u{ff58}ample", "Aya\u{ff20}agency.example"] {
        assert!(matches!(test.link("other", email).await, Err(Error::Refused(Refusal::NotInvited))), "{email}");
    }
    test.store.members().add(test.aya.account, new_user("Ken", Role::Analyst)).await.unwrap();
    assert!(matches!(test.link("other", "\u{212a}en@agency.example").await, Err(Error::Refused(Refusal::NotInvited))));
    test.link("ken", "KEN@Agency.example").await.unwrap().session().unwrap();
}

#[tokio::test]
async fn second_identity_of_an_email_is_refused_until_unlinking() {
    let test = TestStore::new().await;
    test.link("first", &test.aya.user.email).await.unwrap().session().unwrap();
    assert!(matches!(test.link("second", &test.aya.user.email).await, Err(Error::Refused(Refusal::LinkedOtherwise))));
    let refused = json!({ "issuer": "https://id.example", "subject": "second" });
    assert_eq!(test.events().await.last(), Some(&("sign_in_refused".to_owned(), refused)));

    assert_eq!(test.store.sign_in().unlink_identities("Aya@agency.example").await.unwrap(), 1);
    assert_eq!(test.actions().await.last().map(String::as_str), Some("identity_unlinked"));
    assert_eq!(test.store.sign_in().unlink_identities("Aya@agency.example").await.unwrap(), 0);
    assert_eq!(test.enter("first").await.unwrap(), None);
    test.link("second", &test.aya.user.email).await.unwrap().session().unwrap();
    assert!(matches!(
        test.store.sign_in().unlink_identities("nobody@agency.example").await,
        Err(Error::Refused(Refusal::NotFound))
    ));
}

#[tokio::test]
async fn an_identity_is_one_user_only() {
    let test = TestStore::new().await;
    test.store.members().add(test.aya.account, new_user("Ben", Role::Analyst)).await.unwrap();
    test.link("aya", &test.aya.user.email).await.unwrap().session().unwrap();
    assert!(matches!(test.link("aya", "ben@agency.example").await, Err(Error::Refused(Refusal::LinkedOtherwise))));
    assert_eq!(test.enter("aya").await.unwrap().as_ref(), Some(&test.aya));
}

#[tokio::test]
async fn user_deactivated_everywhere_is_refused_linked_or_not() {
    let test = TestStore::new().await;
    let ben = test.store.members().add(test.aya.account, new_user("Ben", Role::Analyst)).await.unwrap();
    let cleo = test.store.members().add(test.aya.account, new_user("Cleo", Role::Analyst)).await.unwrap();
    test.link("ben", "ben@agency.example").await.unwrap().session().unwrap();
    for user in [ben, cleo] {
        test.store.members().deactivate(&test.aya, user).await.unwrap();
    }
    assert!(matches!(test.enter("ben").await, Err(Error::Refused(Refusal::NotInvited))));
    assert!(matches!(test.link("cleo", "cleo@agency.example").await, Err(Error::Refused(Refusal::NotInvited))));
    let actions = test.actions().await;
    assert_eq!(actions[actions.len() - 2..], ["sign_in_refused", "sign_in_refused"]);

    test.store.members().reinstate(&test.aya, ben).await.unwrap();
    assert_eq!(test.enter("ben").await.unwrap().unwrap().user.id, ben);
    test.store.members().reinstate(&test.aya, cleo).await.unwrap();
    assert_eq!(test.enter("cleo").await.unwrap(), None);
}

#[tokio::test]
async fn invited_person_joins_by_signing_in_at_the_provider() {
    let test = TestStore::new().await;
    let (_, token) = test.store.members().invite(&test.aya, "Nao@agency.example", Role::Finance).await.unwrap();
    let session = test.link("nao", "nao@agency.example").await.unwrap().session().unwrap();
    let nao = test.store.sign_in().session(&session).await.unwrap().unwrap();
    assert_eq!((nao.account, nao.role, nao.user.name.as_str()), (test.aya.account, Role::Finance, "Nao Hara"));
    // The user has no password to give, so joining counts as giving one, for the usual time.
    test.store.members().require_recent_password(&session).await.unwrap();
    test.later(TimeDelta::minutes(16));
    assert!(matches!(
        test.store.members().require_recent_password(&session).await,
        Err(Error::Refused(Refusal::StepUpNeeded))
    ));
    let again = test.store.sign_in().with_identity(&identity("nao"), HERE).await.unwrap().unwrap().session().unwrap();
    assert!(matches!(
        test.store.members().require_recent_password(&again).await,
        Err(Error::Refused(Refusal::StepUpNeeded))
    ));

    assert!(matches!(
        test.store.members().invitation(&token, HERE).await,
        Err(Error::Refused(Refusal::InvitationOver))
    ));
    let events = test.events().await;
    let details = json!({ "user": nao.user.id, "email": "nao@agency.example", "role": "finance", "issuer": "https://id.example" });
    assert_eq!(events[3], ("invitation_accepted".to_owned(), details));
    assert_eq!((events[4].0.as_str(), events[5].0.as_str()), ("identity_linked", "signed_in"));
    // The user can set a password by a link.
    let link = test.store.sign_in().reset_link_for("nao@agency.example").await.unwrap().unwrap();
    test.store.sign_in().reset_password(&link.token, PASSWORD, HERE).await.unwrap();
    test.store.sign_in().with_password("nao@agency.example", PASSWORD, HERE).await.unwrap().session().unwrap();
}

#[tokio::test]
async fn invitation_that_ended_or_is_for_another_admits_no_one() {
    let test = TestStore::new().await;
    let (store, aya) = (&test.store, &test.aya);
    store.members().invite(aya, "ken@agency.example", Role::AccountAdministrator).await.unwrap();
    assert!(
        matches!(test.link("other", "\u{212a}en@agency.example").await, Err(Error::Refused(Refusal::NotInvited))),
        "Kelvin sign"
    );
    let (withdrawn, _) = store.members().invite(aya, "mio@agency.example", Role::Analyst).await.unwrap();
    store.members().withdraw_invitation(aya, withdrawn.id).await.unwrap();
    assert!(matches!(test.link("mio", "mio@agency.example").await, Err(Error::Refused(Refusal::NotInvited))));
    test.later(INVITATION_LIFETIME);
    assert!(matches!(test.link("ken", "ken@agency.example").await, Err(Error::Refused(Refusal::NotInvited))));
    assert_eq!(store.members().list(aya.account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn person_deactivated_elsewhere_joins_where_invited() {
    let test = TestStore::new().await;
    let otto = test.stranger().await;
    test.link("otto", &otto.user.email).await.unwrap().session().unwrap();
    let ben = test.store.members().add(test.aya.account, new_user("Ben", Role::Analyst)).await.unwrap();
    test.store.members().add(otto.account, new_user("Oya", Role::AccountAdministrator)).await.unwrap();
    test.store.members().change_named(otto.account, &otto.user.email, Change::Deactivate).await.unwrap();
    test.store.members().deactivate(&test.aya, ben).await.unwrap();
    assert!(matches!(test.enter("otto").await, Err(Error::Refused(Refusal::NotInvited))));
    test.store.members().invite(&test.aya, &otto.user.email, Role::Finance).await.unwrap();
    let joined = test.enter("otto").await.unwrap().unwrap();
    assert_eq!((joined.account, joined.role), (test.aya.account, Role::Finance));
    assert!(matches!(test.link("ben", "ben@agency.example").await, Err(Error::Refused(Refusal::NotInvited))));
}

#[tokio::test]
async fn member_signing_in_accepts_no_other_invitation() {
    let test = TestStore::new().await;
    let otto = test.stranger().await;
    test.store.members().invite(&otto, &test.aya.user.email, Role::Analyst).await.unwrap();
    let session = test.link("aya", &test.aya.user.email).await.unwrap().session().unwrap();
    assert_eq!(test.store.sign_in().session(&session).await.unwrap().unwrap().account, test.aya.account);
    assert_eq!(test.store.members().invitations(otto.account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn invited_person_is_asked_for_the_second_factor_they_have() {
    let test = TestStore::new().await;
    let otto = test.stranger().await;
    let challenge = test.store.sign_in().begin_passkey(&otto, &party(), HERE).await.unwrap();
    let (_, answer) = SoftPasskey::create(&challenge);
    test.store.sign_in().add_passkey(&otto, &answer, "Laptop").await.unwrap();
    test.store.members().add(otto.account, new_user("Oya", Role::AccountAdministrator)).await.unwrap();
    test.store.members().change_named(otto.account, &otto.user.email, Change::Deactivate).await.unwrap();
    test.store.members().invite(&test.aya, &otto.user.email, Role::Analyst).await.unwrap();
    let joined = test.link("otto", &otto.user.email).await;
    assert!(matches!(joined, Ok(SignIn::SecondStep(_))), "{joined:?}");
    assert_eq!(test.store.members().list(test.aya.account).await.unwrap().len(), 2);
}
