//! Account users: invitations, roles, deactivating and reinstating.

use crate::sql;
use crate::test_store::{HERE, PASSWORD, TestStore, new_user};
use chrono::TimeDelta;
use domain::Refusal;
use domain::members::membership::{INVITATION_LIFETIME, Joining, Member, MembershipState, Welcome};
use domain::members::role::Role;
use domain::members::user::{CurrentUser, Person, UserId};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use store::{Error, InvitationToken, SessionToken, SignIn};

const NEW_EMAIL: &str = "Nao@agency.example";

impl TestStore {
    async fn invite(&self, email: &str, role: Role) -> InvitationToken {
        self.store.members().invite(&self.aya, email, role).await.unwrap().1
    }

    async fn join(&self, token: &InvitationToken) -> Result<SignIn, Error> {
        let joining = Joining::New { name: "Nao".to_owned(), password: PASSWORD.to_owned() };
        self.store.members().accept_invitation(token, joining, HERE).await
    }

    async fn add(&self, name: &str, role: Role) -> UserId {
        self.store.members().add(self.aya.account, new_user(name, role)).await.unwrap()
    }

    async fn member(&self, user: UserId) -> Member {
        let members = self.store.members().list(self.aya.account).await.unwrap();
        members.into_iter().find(|member| member.person.id == user).unwrap()
    }

    async fn asker(&self, session: &SessionToken) -> Option<CurrentUser> {
        self.store.sign_in().session(session).await.unwrap()
    }
}

fn over<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Refused(Refusal::InvitationOver)))
}

#[tokio::test]
async fn invited_person_joins_with_name_and_password_and_is_signed_in() {
    let test = TestStore::new().await;
    let (invitation, token) =
        test.store.members().invite(&test.aya, " Nao@agency.example ", Role::Finance).await.unwrap();
    assert_eq!((invitation.email.as_str(), invitation.role), (NEW_EMAIL, Role::Finance));
    assert_eq!(invitation.expires_at - test.clock.now(), TimeDelta::hours(72));
    assert_eq!(test.store.members().invitations(test.aya.account).await.unwrap(), [invitation]);
    let welcome = test.store.members().invitation(&token, HERE).await.unwrap();
    let account_name = test.aya.account_name.clone();
    assert_eq!(welcome, Welcome { account_name, email: NEW_EMAIL.to_owned(), role: Role::Finance, known: false });

    let session = test.join(&InvitationToken::parse(token.reveal()).unwrap()).await.unwrap().session().unwrap();
    let nao = test.asker(&session).await.unwrap();
    assert_eq!((nao.account, nao.role, nao.user.name.as_str()), (test.aya.account, Role::Finance, "Nao"));
    assert_eq!(nao.user.email, NEW_EMAIL);
    let again =
        test.store.sign_in().with_password("nao@AGENCY.example", PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(test.asker(&again).await, Some(nao.clone()));
    assert!(test.store.members().invitations(test.aya.account).await.unwrap().is_empty());

    let events = test.events().await;
    assert_eq!(events[2], ("user_invited".to_owned(), json!({ "email": NEW_EMAIL, "role": "finance" })));
    let details = json!({ "user": nao.user.id, "email": NEW_EMAIL, "role": "finance" });
    assert_eq!(events[3], ("invitation_accepted".to_owned(), details));
    assert_eq!(events[4].0, "signed_in");
}

#[tokio::test]
async fn an_invitation_works_once() {
    let test = TestStore::new().await;
    let token = test.invite(NEW_EMAIL, Role::Analyst).await;
    test.join(&token).await.unwrap().session().unwrap();
    assert!(over(test.join(&token).await) && over(test.store.members().invitation(&token, HERE).await));
    assert_eq!(test.store.members().list(test.aya.account).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_invitation_expires_after_72_hours() {
    let test = TestStore::new().await;
    let token = test.invite(NEW_EMAIL, Role::Analyst).await;
    test.later(INVITATION_LIFETIME - TimeDelta::seconds(1));
    assert!(test.store.members().invitation(&token, HERE).await.is_ok());
    assert_eq!(test.store.members().remove_expired_invitations().await.unwrap(), 0);
    test.later(TimeDelta::seconds(1));
    assert!(over(test.store.members().invitation(&token, HERE).await) && over(test.join(&token).await));
    assert!(test.store.members().invitations(test.aya.account).await.unwrap().is_empty());
    assert_eq!(test.store.members().remove_expired_invitations().await.unwrap(), 1);
}

#[tokio::test]
async fn a_forged_withdrawn_or_replaced_invitation_opens_nothing() {
    let test = TestStore::new().await;
    let forged = InvitationToken::parse(&"0".repeat(43)).unwrap();
    assert!(over(test.join(&forged).await) && over(test.store.members().invitation(&forged, HERE).await));

    let replaced = test.invite(NEW_EMAIL, Role::AccountAdministrator).await;
    let (invitation, token) =
        test.store.members().invite(&test.aya, "NAO@agency.example", Role::Analyst).await.unwrap();
    assert_eq!(test.store.members().invitations(test.aya.account).await.unwrap(), std::slice::from_ref(&invitation));
    assert!(over(test.join(&replaced).await));
    assert_eq!(test.store.members().invitation(&token, HERE).await.unwrap().role, Role::Analyst);

    let stranger = test.stranger().await;
    assert!(over(test.store.members().withdraw_invitation(&stranger, invitation.id).await));
    test.store.members().withdraw_invitation(&test.aya, invitation.id).await.unwrap();
    assert!(over(test.join(&token).await));
    assert!(over(test.store.members().withdraw_invitation(&test.aya, invitation.id).await));
    let events = test.events().await;
    let details = json!({ "email": "NAO@agency.example", "role": "analyst" });
    assert_eq!(events.last(), Some(&("invitation_withdrawn".to_owned(), details)));
}

#[tokio::test]
async fn member_of_the_account_is_not_invited_again() {
    let test = TestStore::new().await;
    let ben = test.add("Ben", Role::Analyst).await;
    for _ in 0..2 {
        let refused = test.store.members().invite(&test.aya, " ben@AGENCY.example", Role::Finance).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::AlreadyMember))));
        test.store.members().deactivate(&test.aya, ben).await.unwrap();
    }
}

#[tokio::test]
async fn user_of_another_account_joins_with_their_own_password() {
    let test = TestStore::new().await;
    let otto = test.stranger().await;
    let token = test.invite("otto@agency.example", Role::ImplementationSpecialist).await;
    assert!(test.store.members().invitation(&token, HERE).await.unwrap().known);
    let new = Joining::New { name: "Not Otto".to_owned(), password: "another long password".to_owned() };
    assert!(matches!(
        test.store.members().accept_invitation(&token, new, HERE).await,
        Err(Error::Refused(Refusal::EmailTaken))
    ));
    let wrong = Joining::Known { password: "another long password".to_owned() };
    assert!(matches!(
        test.store.members().accept_invitation(&token, wrong, HERE).await,
        Err(Error::Refused(Refusal::WrongCredentials))
    ));

    test.later(TimeDelta::seconds(1));
    let right = Joining::Known { password: PASSWORD.to_owned() };
    let session = test.store.members().accept_invitation(&token, right, HERE).await.unwrap().session().unwrap();
    let joined = test.asker(&session).await.unwrap();
    assert_eq!((&joined.user, joined.account), (&otto.user, test.aya.account));
    assert_eq!(joined.role, Role::ImplementationSpecialist);
    let first = test.store.sign_in().with_password(&otto.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(test.asker(&first).await.unwrap().account, otto.account, "the account that they joined first");
}

#[tokio::test]
async fn guesses_of_links_and_passwords_are_throttled() {
    let test = TestStore::new().await;
    test.stranger().await;
    let token = test.invite("otto@agency.example", Role::Analyst).await;
    for _ in 0..5 {
        let wrong = Joining::Known { password: "wrong".to_owned() };
        assert!(matches!(
            test.store.members().accept_invitation(&token, wrong, HERE).await,
            Err(Error::Refused(Refusal::WrongCredentials))
        ));
    }
    let right = || Joining::Known { password: PASSWORD.to_owned() };
    assert!(matches!(
        test.store.members().accept_invitation(&token, right(), HERE).await,
        Err(Error::Refused(Refusal::Throttled { .. }))
    ));
    assert!(matches!(
        test.store.sign_in().with_password("otto@agency.example", PASSWORD, HERE).await,
        Err(Error::Refused(Refusal::Throttled { .. }))
    ));

    let guesser = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));
    for guess in 0..20 {
        let guess = InvitationToken::parse(&format!("{guess:043}")).unwrap();
        assert!(over(test.store.members().invitation(&guess, guesser).await));
    }
    assert!(matches!(
        test.store.members().invitation(&token, guesser).await,
        Err(Error::Refused(Refusal::Throttled { .. }))
    ));
    for _ in 0..30 {
        test.store.members().invitation(&token, HERE).await.expect("looking at a link that is right is no guess");
    }
}

#[tokio::test]
async fn a_role_holds_from_the_next_request_on() {
    let test = TestStore::new().await;
    let ben = test.add("Ben", Role::Analyst).await;
    let session =
        test.store.sign_in().with_password("ben@agency.example", PASSWORD, HERE).await.unwrap().session().unwrap();
    let changed = test.store.members().change_role(&test.aya, ben, Role::Finance).await.unwrap();
    assert_eq!((changed.role, &changed), (Role::Finance, &test.member(ben).await));
    assert_eq!(test.asker(&session).await.unwrap().role, Role::Finance);
    test.store.members().change_role(&test.aya, ben, Role::Finance).await.unwrap();
    let events = test.events().await;
    let details = json!({ "user": ben, "email": "Ben@agency.example", "before": { "role": "analyst" },
        "after": { "role": "finance" } });
    assert_eq!(events.last(), Some(&("user_role_changed".to_owned(), details)), "once");
    assert_eq!(events.iter().filter(|(action, _)| action == "user_role_changed").count(), 1);
}

#[tokio::test]
async fn deactivated_user_is_out_at_once_until_reinstated() {
    let test = TestStore::new().await;
    let ben = test.add("Ben", Role::Analyst).await;
    let email = "ben@agency.example";
    let session = test.store.sign_in().with_password(email, PASSWORD, HERE).await.unwrap().session().unwrap();
    let out = test.store.members().deactivate(&test.aya, ben).await.unwrap();
    assert_eq!((out.state, &out), (MembershipState::Deactivated, &test.member(ben).await));
    assert_eq!(test.asker(&session).await, None);
    assert!(matches!(
        test.store.sign_in().with_password(email, PASSWORD, HERE).await,
        Err(Error::Refused(Refusal::WrongCredentials))
    ));
    assert!(test.store.members().people(test.aya.account).await.unwrap().iter().any(|person| person.id == ben));

    test.store.members().reinstate(&test.aya, ben).await.unwrap();
    assert_eq!(test.asker(&session).await, None, "their sessions are gone for good");
    let session = test.store.sign_in().with_password(email, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(test.asker(&session).await.unwrap().role, Role::Analyst);
    let actions = test.actions().await;
    assert_eq!(actions[3..], ["signed_in", "user_deactivated", "user_reinstated", "signed_in"]);
}

#[tokio::test]
async fn deactivated_user_is_offered_only_as_the_present_contact() {
    let test = TestStore::new().await;
    let ben = test.add("Ben", Role::Analyst).await;
    let names = async |present| {
        let contacts = test.store.members().contacts(test.aya.account, present).await.unwrap();
        contacts.into_iter().map(|contact| (contact.person.name, contact.state)).collect::<Vec<_>>()
    };
    let (aya, active) = ("Aya".to_owned(), MembershipState::Active);
    assert_eq!(names(None).await, [(aya.clone(), active), ("Ben".to_owned(), active)]);
    test.store.members().deactivate(&test.aya, ben).await.unwrap();
    assert_eq!(names(None).await, [(aya.clone(), active)]);
    assert_eq!(names(Some(test.aya.user.id)).await, [(aya.clone(), active)]);
    assert_eq!(names(Some(ben)).await, [(aya, active), ("Ben".to_owned(), MembershipState::Deactivated)]);
    let stranger = test.stranger().await.user.id;
    assert_eq!(names(Some(stranger)).await.len(), 1, "nobody of another account");
}

#[tokio::test]
async fn stored_session_of_a_deactivated_user_does_not_resolve() {
    let test = TestStore::new().await;
    let ben = test.add("Ben", Role::Analyst).await;
    let session =
        test.store.sign_in().with_password("ben@agency.example", PASSWORD, HERE).await.unwrap().session().unwrap();
    let deactivate = sql::query("UPDATE memberships SET state = 'deactivated' WHERE user_id = $1").bind(ben.0);
    deactivate.execute(&test.database().await).await.unwrap();
    assert_eq!(test.asker(&session).await, None);
}

#[tokio::test]
async fn user_deactivated_in_one_account_signs_in_to_the_other() {
    let test = TestStore::new().await;
    let otto = test.stranger().await;
    test.later(TimeDelta::hours(1));
    let token = test.invite(&otto.user.email, Role::Analyst).await;
    let known = Joining::Known { password: PASSWORD.to_owned() };
    test.store.members().accept_invitation(&token, known, HERE).await.unwrap().session().unwrap();
    let oya = test.store.members().add(otto.account, new_user("Oya", Role::AccountAdministrator)).await.unwrap();
    let user = Person { id: oya, name: "Oya".to_owned(), email: "Oya@agency.example".to_owned() };
    test.store.members().deactivate(&CurrentUser { user, ..otto.clone() }, otto.user.id).await.unwrap();
    let session =
        test.store.sign_in().with_password(&otto.user.email, PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(test.asker(&session).await.unwrap().account, test.aya.account);
}

#[tokio::test]
async fn the_last_active_administrator_stays_one() {
    let test = TestStore::new().await;
    let (store, aya) = (&test.store, &test.aya);
    let ben = test.add("Ben", Role::AccountAdministrator).await;
    store.members().deactivate(aya, ben).await.unwrap();
    let before = test.actions().await;
    for refused in [
        store.members().change_role(aya, aya.user.id, Role::Analyst).await,
        store.members().deactivate(aya, aya.user.id).await,
    ] {
        assert!(matches!(refused, Err(Error::Refused(Refusal::LastAdministrator))), "{refused:?}");
    }
    assert_eq!(test.actions().await, before);
    store.members().reinstate(aya, ben).await.unwrap();
    store.members().change_role(aya, aya.user.id, Role::Analyst).await.unwrap();
    let refused = [
        store.members().change_role(aya, ben, Role::Analyst).await.err(),
        store.members().invite(aya, NEW_EMAIL, Role::AccountAdministrator).await.err(),
    ];
    assert!(
        refused.iter().all(|refused| matches!(refused, Some(Error::Refused(Refusal::NotAllowed)))),
        "no longer: {refused:?}"
    );
}

#[tokio::test]
async fn another_accounts_users_are_not_found() {
    let test = TestStore::new().await;
    let stranger = test.stranger().await;
    let (store, id) = (&test.store, stranger.user.id);
    for refused in [
        store.members().change_role(&test.aya, id, Role::Analyst).await,
        store.members().deactivate(&test.aya, id).await,
        store.members().reinstate(&test.aya, id).await,
    ] {
        assert!(matches!(refused, Err(Error::Refused(Refusal::NotFound))), "{refused:?}");
    }
}

#[tokio::test]
async fn last_seen_time_of_a_user_is_kept() {
    let test = TestStore::new().await;
    let ben = test.add("Ben", Role::Analyst).await;
    assert_eq!(test.member(ben).await.last_seen_at, None);
    let session =
        test.store.sign_in().with_password("ben@agency.example", PASSWORD, HERE).await.unwrap().session().unwrap();
    assert_eq!(test.member(ben).await.last_seen_at, Some(test.clock.now()));
    test.later(TimeDelta::minutes(5));
    test.asker(&session).await.unwrap();
    assert_eq!(test.member(ben).await.last_seen_at, Some(test.clock.now()));
    test.store.sign_in().sign_out(&session).await.unwrap();
    assert_eq!(test.member(ben).await.last_seen_at, Some(test.clock.now()), "it outlives the session");
}

#[tokio::test]
async fn a_tokens_contact_stays_when_they_are_deactivated() {
    let test = TestStore::new().await;
    let ben = test.add("Ben", Role::AccountAdministrator).await;
    let token = test.issue("Export").await.token;
    let user = Person { id: ben, name: "Ben".to_owned(), email: "Ben@agency.example".to_owned() };
    test.store.members().deactivate(&CurrentUser { user, ..test.aya.clone() }, test.aya.user.id).await.unwrap();
    assert_eq!(test.token(&token).await, token);
}

#[tokio::test]
async fn the_link_of_an_invitation_is_nowhere_in_the_database() {
    let test = TestStore::new().await;
    let token = test.invite(NEW_EMAIL, Role::Analyst).await;
    assert!(test.holds(NEW_EMAIL).await, "the search finds what is there");
    assert!(!test.holds(token.reveal()).await && !format!("{token:?}").contains(token.reveal()));
}
