//! The members of an account: their roles and states, invitations, and the rules on which changes are allowed.

use crate::members::role::{Permission, Role};
use crate::members::user::{self, Person, UserId};
use crate::refusal::Refusal;
use crate::text::{FieldError, Problem};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

/// The time in which an invitation can be accepted.
pub const INVITATION_LIFETIME: TimeDelta = TimeDelta::hours(72);

/// The state of a member: whether they may work in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MembershipState {
    /// The user may sign in.
    Active,
    /// The user may not sign in until they are reinstated.
    Deactivated,
}

impl MembershipState {
    /// Returns the state's name as stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A user of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The user.
    #[serde(flatten)]
    pub person: Person,
    /// The user's role in the account.
    pub role: Role,
    /// Whether the user may work in the account.
    pub state: MembershipState,
    /// When the user last worked in the account, to within a minute.
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// A user who can be the primary contact of a token or already is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The user.
    #[serde(flatten)]
    pub person: Person,
    /// Whether the user may work in the account.
    pub state: MembershipState,
}

impl AsRef<Person> for Contact {
    fn as_ref(&self) -> &Person {
        &self.person
    }
}

/// Returns the users who can be the primary contact of a token: active ones, and the present contact in any state.
#[must_use]
pub fn contacts(members: Vec<Member>, present: Option<UserId>) -> Vec<Contact> {
    let may_be = |member: &Member| member.state == MembershipState::Active || Some(member.person.id) == present;
    let contact = |member: Member| Contact { person: member.person, state: member.state };
    members.into_iter().filter(may_be).map(contact).collect()
}

impl Member {
    /// Returns whether the member may manage the account's users now.
    const fn is_active_administrator(&self) -> bool {
        matches!(self.state, MembershipState::Active) && self.role.may(Permission::ManageUsers)
    }
}

/// A change to a member of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Gives the member this role.
    Role(Role),
    /// Stops the member's work in the account at once.
    Deactivate,
    /// Lets the member work in the account again.
    Reinstate,
}

impl Change {
    /// Returns the user `of` as they are after the change, if `by` may make it. `members` must be all of the account's.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`], [`Refusal::NotFound`], [`Refusal::LastAdministrator`].
    pub fn apply(self, members: &[Member], by: UserId, of: UserId) -> Result<Member, Refusal> {
        require_administrator(members, by)?;
        self.apply_from_command_line(members, of)
    }

    /// As [`Self::apply`], for the operator of the server on the command line.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::LastAdministrator`].
    pub fn apply_from_command_line(self, members: &[Member], of: UserId) -> Result<Member, Refusal> {
        let before = members.iter().find(|member| member.person.id == of).ok_or(Refusal::NotFound)?;
        let mut after = before.clone();
        match self {
            Self::Role(role) => after.role = role,
            Self::Deactivate => after.state = MembershipState::Deactivated,
            Self::Reinstate => after.state = MembershipState::Active,
        }
        if is_last_administrator(members, of) && !after.is_active_administrator() {
            Err(Refusal::LastAdministrator)
        } else {
            Ok(after)
        }
    }
}

/// Checks whether this user is an active administrator of the account now.
///
/// # Errors
/// [`Refusal::NotAllowed`] if they are not.
pub fn require_administrator(members: &[Member], by: UserId) -> Result<(), Refusal> {
    let administrator = members.iter().any(|member| member.person.id == by && member.is_active_administrator());
    if administrator { Ok(()) } else { Err(Refusal::NotAllowed) }
}

/// Returns whether this user is the account's only active administrator.
#[must_use]
pub fn is_last_administrator(members: &[Member], user: UserId) -> bool {
    let mut administrators = members.iter().filter(|member| member.is_active_administrator());
    administrators.next().is_some_and(|first| first.person.id == user) && administrators.next().is_none()
}

/// Identifies an invitation (`UUIDv7`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InvitationId(pub Uuid);

/// A pending invitation, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The invitation's id.
    pub id: InvitationId,
    /// The invited person's e-mail address.
    pub email: String,
    /// The role that they will have in the account.
    pub role: Role,
    /// The name of the inviting user.
    pub invited_by: String,
    /// When the invitation expires.
    pub expires_at: DateTime<Utc>,
}

/// A field of the form that invites a person, or of the form that accepts an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the interface's own words
pub enum MemberField {
    Name,
    Email,
    Role,
    Password,
}

/// A problem and the field it belongs to.
pub type MemberFieldError = FieldError<MemberField>;

/// The input of the form that invites a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationForm {
    /// The invited person's e-mail address.
    pub email: String,
    /// The name of a role.
    pub role: String,
}

impl InvitationForm {
    /// Returns e-mail address and role as they will be stored.
    ///
    /// # Errors
    /// The problems, each with its field.
    pub fn validate(&self) -> Result<(String, Role), Vec<MemberFieldError>> {
        let email = user::email(&self.email).map_err(at(MemberField::Email));
        let role = if self.role.is_empty() { Err(Problem::Required) } else { Ok(self.role.parse().ok()) };
        let role = role.and_then(|role| role.ok_or(Problem::UnknownValue)).map_err(at(MemberField::Role));
        both(email, role)
    }
}

/// An invitation as the invited person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The account's name.
    pub account_name: String,
    /// The invited person's e-mail address.
    pub email: String,
    /// The role that they will have in the account.
    pub role: Role,
    /// Whether there is already a user with that address, in another account: they keep their name and password.
    pub known: bool,
}

/// The input of the form that accepts an invitation.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptanceForm {
    /// The name they go by; ignored for known users.
    #[serde(default)]
    pub name: String,
    /// A new password, or the known user's present one.
    pub password: String,
}

/// How an invited person joins the account.
#[derive(Clone, PartialEq, Eq)]
pub enum Joining {
    /// As a new user with this name and password.
    New {
        /// One line of text.
        name: String,
        /// A password that [`user::password`] accepts.
        password: String,
    },
    /// As an existing user, who has to prove it by their password.
    Known {
        /// The user's present password.
        password: String,
    },
}

impl fmt::Debug for AcceptanceForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptanceForm").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Joining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New { .. } => "New(…)",
            Self::Known { .. } => "Known(…)",
        })
    }
}

impl AcceptanceForm {
    /// Returns how the person joins.
    ///
    /// # Errors
    /// The problems, each with its field.
    pub fn validate(&self, invitation: &Welcome) -> Result<Joining, Vec<MemberFieldError>> {
        let password = self.password.clone();
        if invitation.known {
            let problem = MemberFieldError { field: MemberField::Password, problem: Problem::Required };
            return if password.is_empty() { Err(vec![problem]) } else { Ok(Joining::Known { password }) };
        }
        let name = user::name(&self.name).map_err(at(MemberField::Name));
        let checked = user::password(&password, &invitation.email).map_err(at(MemberField::Password));
        both(name, checked).map(|(name, ())| Joining::New { name, password })
    }
}

fn at(field: MemberField) -> impl FnOnce(Problem) -> MemberFieldError {
    move |problem| FieldError { field, problem }
}

/// Returns both values, or the problems of either.
fn both<A, B>(a: Result<A, MemberFieldError>, b: Result<B, MemberFieldError>) -> Result<(A, B), Vec<MemberFieldError>> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => Err(a.err().into_iter().chain(b.err()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(number: u128, role: Role, state: MembershipState) -> Member {
        let person = Person { id: id(number), name: number.to_string(), email: format!("{number}@agency.example") };
        Member { person, role, state, last_seen_at: None }
    }

    const fn id(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    use MembershipState::{Active, Deactivated};
    use Role::{AccountAdministrator, Analyst, ImplementationSpecialist};

    #[test]
    fn state_is_found_again_by_its_stored_name() {
        for (state, name) in [(MembershipState::Active, "active"), (MembershipState::Deactivated, "deactivated")] {
            assert_eq!((state.as_str(), name.parse()), (name, Ok(state)));
            assert_eq!(serde_json::to_value(state).unwrap(), name);
        }
    }

    #[test]
    fn last_active_administrator_is_kept() {
        let members = [
            member(1, AccountAdministrator, Active),
            member(2, AccountAdministrator, Deactivated),
            member(3, ImplementationSpecialist, Active),
        ];
        assert!(is_last_administrator(&members, id(1)));
        assert!(!is_last_administrator(&members, id(2)) && !is_last_administrator(&members, id(3)));
        for change in [Change::Role(Analyst), Change::Deactivate] {
            assert_eq!(change.apply(&members, id(1), id(1)), Err(Refusal::LastAdministrator), "{change:?}");
        }
        let same = Change::Role(AccountAdministrator).apply(&members, id(1), id(1));
        assert_eq!(same.as_ref(), Ok(&members[0]));
        let reinstated = Change::Reinstate.apply(&members, id(1), id(2)).unwrap();
        let members = [members[0].clone(), reinstated];
        assert_eq!(Change::Deactivate.apply(&members, id(1), id(1)).map(|after| after.state), Ok(Deactivated));
        assert_eq!(Change::Role(Analyst).apply(&members, id(2), id(1)).map(|after| after.role), Ok(Analyst));
    }

    #[test]
    fn only_an_active_administrator_changes_anything() {
        let members = [
            member(1, AccountAdministrator, Active),
            member(2, AccountAdministrator, Deactivated),
            member(3, ImplementationSpecialist, Active),
        ];
        for by in [2, 3, 4] {
            for change in [Change::Role(Analyst), Change::Deactivate, Change::Reinstate] {
                assert_eq!(change.apply(&members, id(by), id(3)), Err(Refusal::NotAllowed), "{by}: {change:?}");
            }
        }
        assert_eq!(Change::Deactivate.apply(&members, id(1), id(4)), Err(Refusal::NotFound));
    }

    #[test]
    fn deactivated_user_is_contact_only_if_already_one() {
        let members = [member(1, AccountAdministrator, Active), member(2, Analyst, Deactivated)];
        let ids = |present| {
            let contacts = contacts(members.to_vec(), present);
            contacts.into_iter().map(|contact| (contact.person.id, contact.state)).collect::<Vec<_>>()
        };
        assert_eq!(ids(None), [(id(1), Active)]);
        assert_eq!(ids(Some(id(1))), [(id(1), Active)]);
        assert_eq!(ids(Some(id(2))), [(id(1), Active), (id(2), Deactivated)]);
    }

    #[test]
    fn an_invitation_needs_an_address_and_a_role() {
        let form = |email: &str, role: &str| InvitationForm { email: email.to_owned(), role: role.to_owned() };
        let fields = |form: InvitationForm| {
            let problems = form.validate().unwrap_err().into_iter();
            problems.map(|error| (error.field, error.problem)).collect::<Vec<_>>()
        };
        assert_eq!(form(" a@b.example ", "analyst").validate(), Ok(("a@b.example".to_owned(), Analyst)));
        assert_eq!(
            fields(form("", "")),
            [(MemberField::Email, Problem::Required), (MemberField::Role, Problem::Required)]
        );
        assert_eq!(fields(form("a@b.example", "root")), [(MemberField::Role, Problem::UnknownValue)]);
    }

    #[test]
    fn acceptance_needs_a_name_only_from_a_new_user() {
        let form = |name: &str, password: &str| AcceptanceForm { name: name.to_owned(), password: password.to_owned() };
        let welcome = |known| Welcome {
            account_name: "Acme".to_owned(),
            email: "new.person@agency.example".to_owned(),
            role: Analyst,
            known,
        };
        let problems = |form: AcceptanceForm, known| {
            let found = form.validate(&welcome(known)).unwrap_err();
            found.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        let joining = form(" Aya  Abe ", "a long enough password").validate(&welcome(false)).unwrap();
        let password = || "a long enough password".to_owned();
        assert!(joining == Joining::New { name: "Aya Abe".to_owned(), password: password() });
        assert_eq!(problems(form("", "short"), false), [MemberField::Name, MemberField::Password]);
        assert_eq!(problems(form("Aya", "new.person@agency.example"), false), [MemberField::Password]);
        assert!(form("", "old").validate(&welcome(true)) == Ok(Joining::Known { password: "old".to_owned() }));
        assert_eq!(problems(form("", ""), true), [MemberField::Password]);
        assert!(!format!("{joining:?} {:?}", form("Aya", "a secret")).contains("secret"));
    }
}
