//! The names of the domain's values in the user's language.

use crate::i18n::{Locale, t_string, td_string};
use domain::audit::action::{Action, ActionGroup, ActionKind};
use domain::members::membership::MembershipState;
use domain::members::role::Role;
use domain::text::{Field, FieldError, Problem};
use domain::tokens::condition::Condition;
use domain::tokens::filter::{CreatedOn, Sort};
use domain::tokens::scope::{Category, Name, Scope, Scopes};
use domain::tokens::token::{Step, TokenState};
use leptos_i18n::I18nContext;

/// The current language of a component, with its texts.
pub type Words = I18nContext<Locale>;

/// Returns the name in the page's language.
pub fn name(i18n: Words, name: Name) -> &'static str {
    match i18n.get_locale() {
        Locale::en => name.en,
        Locale::ja => name.ja,
    }
}

/// Returns the scopes by category, each with the number of its operations that are allowed, and of all.
pub fn allowed(i18n: Words, scopes: Scopes) -> String {
    let category =
        |(category, allowed, all): (Category, usize, usize)| format!("{} {allowed}/{all}", name(i18n, category.name()));
    scopes.by_category().into_iter().map(category).collect::<Vec<_>>().join(t_string!(i18n, separator))
}

/// Returns the name of the role.
pub fn role(i18n: Words, role: Role) -> &'static str {
    role_in(i18n.get_locale(), role)
}

/// Returns the name of the role in a given language, for use outside a page.
pub fn role_in(locale: Locale, role: Role) -> &'static str {
    match role {
        Role::AccountAdministrator => td_string!(locale, role.account_administrator),
        Role::ImplementationSpecialist => td_string!(locale, role.implementation_specialist),
        Role::Analyst => td_string!(locale, role.analyst),
        Role::Finance => td_string!(locale, role.finance),
        Role::PerformanceMarketingManager => td_string!(locale, role.performance_marketing_manager),
    }
}

/// Returns the name of a member's state.
pub fn membership(i18n: Words, state: MembershipState) -> &'static str {
    match state {
        MembershipState::Active => t_string!(i18n, users.active),
        MembershipState::Deactivated => t_string!(i18n, users.deactivated),
    }
}

/// Returns the name of a token's state.
pub fn state(i18n: Words, state: TokenState) -> &'static str {
    match state {
        TokenState::Enabled => t_string!(i18n, state.enabled),
        TokenState::Disabled => t_string!(i18n, state.disabled),
    }
}

/// Returns the label of the filter by time of creation.
pub fn created_on(i18n: Words, created: CreatedOn) -> &'static str {
    match created {
        CreatedOn::Last7Days => t_string!(i18n, filter.last_7_days),
        CreatedOn::Last30Days => t_string!(i18n, filter.last_30_days),
        CreatedOn::MoreThan30Days => t_string!(i18n, filter.more_than_30_days),
    }
}

/// Returns the label of a token's condition.
pub fn condition(i18n: Words, condition: Condition) -> &'static str {
    match condition {
        Condition::Working => t_string!(i18n, filter.working),
        Condition::ExpiredInUse => t_string!(i18n, filter.expired_in_use),
        Condition::Expiring => t_string!(i18n, filter.expiring),
        Condition::ContactDeactivated => t_string!(i18n, filter.contact_deactivated),
        Condition::OldVersion => t_string!(i18n, filter.old_version),
        Condition::Unused => t_string!(i18n, filter.unused),
        Condition::NeverUsed => t_string!(i18n, filter.never_used),
    }
}

/// Returns the label of a sort order.
pub fn sort(i18n: Words, sort: Sort) -> &'static str {
    match sort {
        Sort::Created => t_string!(i18n, tokens.sort_created),
        Sort::Name => t_string!(i18n, tokens.sort_name),
        Sort::LastUsed => t_string!(i18n, tokens.sort_last_used),
    }
}

/// Returns the name of a step of token creation.
pub fn step(i18n: Words, step: Step) -> &'static str {
    match step {
        Step::Setup => t_string!(i18n, form.setup),
        Step::ContactInformation => t_string!(i18n, form.contact),
        Step::ApiScopes => t_string!(i18n, form.scopes),
    }
}

/// Returns the label of an action in the audit trail.
pub fn action(i18n: Words, action: Action) -> &'static str {
    match action {
        Action::TokenCreated => t_string!(i18n, action.token_created),
        Action::TokenDuplicated => t_string!(i18n, action.token_duplicated),
        Action::TokenTrialBegun => t_string!(i18n, action.token_trial_begun),
        Action::TokenTrialDropped => t_string!(i18n, action.token_trial_dropped),
        Action::TokenUpdated => t_string!(i18n, action.token_updated),
        Action::TokenReset => t_string!(i18n, action.token_reset),
        Action::TokenVersionUpgraded => t_string!(i18n, action.token_version_upgraded),
        Action::TokenVersionReverted => t_string!(i18n, action.token_version_reverted),
        Action::TokenDisabled => t_string!(i18n, action.token_disabled),
        Action::TokenEnabled => t_string!(i18n, action.token_enabled),
        Action::TokenDeleted => t_string!(i18n, action.token_deleted),
        Action::TokenDeletionUndone => t_string!(i18n, action.token_deletion_undone),
        Action::TokenViewed => t_string!(i18n, action.token_viewed),
        Action::OldAuthTokenStopped => t_string!(i18n, action.old_auth_token_stopped),
        Action::OldAuthTokenUsed => t_string!(i18n, action.old_auth_token_used),
        Action::ApiAccessEnabled => t_string!(i18n, action.api_access_enabled),
        Action::ApiAccessDisabled => t_string!(i18n, action.api_access_disabled),
        Action::AccountAdded => t_string!(i18n, action.account_added),
        Action::AuditTrailSealed => t_string!(i18n, action.audit_trail_sealed),
        Action::CompanyInformationUpdated => t_string!(i18n, action.company_information_updated),
        Action::SecurityPolicyUpdated => t_string!(i18n, action.security_policy_updated),
        Action::PolicyTrialBegun => t_string!(i18n, action.policy_trial_begun),
        Action::PolicyTrialDropped => t_string!(i18n, action.policy_trial_dropped),
        Action::AdvertisersImported => t_string!(i18n, action.advertisers_imported),
        Action::UserAdded => t_string!(i18n, action.user_added),
        Action::UserInvited => t_string!(i18n, action.user_invited),
        Action::InvitationWithdrawn => t_string!(i18n, action.invitation_withdrawn),
        Action::InvitationAccepted => t_string!(i18n, action.invitation_accepted),
        Action::UserRoleChanged => t_string!(i18n, action.user_role_changed),
        Action::UserDeactivated => t_string!(i18n, action.user_deactivated),
        Action::UserReinstated => t_string!(i18n, action.user_reinstated),
        Action::ProfileUpdated => t_string!(i18n, action.profile_updated),
        Action::PasswordChanged => t_string!(i18n, action.password_changed),
        Action::PasswordLinkMade => t_string!(i18n, action.password_link_made),
        Action::PasswordLinkMailed => t_string!(i18n, action.password_link_mailed),
        Action::PasswordReset => t_string!(i18n, action.password_reset),
        Action::SessionsEnded => t_string!(i18n, action.sessions_ended),
        Action::SecondFactorSetUp => t_string!(i18n, action.second_factor_set_up),
        Action::SecondFactorSwitchedOff => t_string!(i18n, action.second_factor_switched_off),
        Action::AuthenticatorRemoved => t_string!(i18n, action.authenticator_removed),
        Action::SecondStepFailed => t_string!(i18n, action.second_step_failed),
        Action::SecondFactorRequired => t_string!(i18n, action.second_factor_required),
        Action::SecondFactorNotRequired => t_string!(i18n, action.second_factor_not_required),
        Action::RecoveryCodesRenewed => t_string!(i18n, action.recovery_codes_renewed),
        Action::RecoveryCodeUsed => t_string!(i18n, action.recovery_code_used),
        Action::PasskeyAdded => t_string!(i18n, action.passkey_added),
        Action::PasskeyRemoved => t_string!(i18n, action.passkey_removed),
        Action::IdentityLinked => t_string!(i18n, action.identity_linked),
        Action::IdentityUnlinked => t_string!(i18n, action.identity_unlinked),
        Action::SignInRefused => t_string!(i18n, action.sign_in_refused),
        Action::SignedIn => t_string!(i18n, action.signed_in),
        Action::SignedOut => t_string!(i18n, action.signed_out),
    }
}

/// Returns the name of a category of actions.
pub fn action_group(i18n: Words, group: ActionGroup) -> &'static str {
    match group {
        ActionGroup::Tokens => t_string!(i18n, audit.tokens),
        ActionGroup::Users => t_string!(i18n, audit.users),
        ActionGroup::Account => t_string!(i18n, audit.account),
        ActionGroup::SignIn => t_string!(i18n, audit.signing_in),
    }
}

/// Returns the name of a kind of actions.
pub fn action_kind(i18n: Words, kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Changes => t_string!(i18n, audit.changes),
        ActionKind::SignIns => t_string!(i18n, audit.sign_ins),
    }
}

/// Returns the name of an entry's detail; a detail of the API keeps the API's own name.
pub fn detail(i18n: Words, field: &str) -> String {
    let name = match field {
        "name" => t_string!(i18n, detail.name),
        "description" => t_string!(i18n, form.description),
        "api_version" => t_string!(i18n, form.api_version),
        "primary_contact" => t_string!(i18n, form.primary_contact),
        "developers" => t_string!(i18n, form.developers),
        "scopes" => t_string!(i18n, form.scopes),
        "expires_at" => t_string!(i18n, form.expires),
        "token_lifetime" => t_string!(i18n, policy.lifetime),
        "longest_overlap" => t_string!(i18n, policy.overlap),
        "old_until" => t_string!(i18n, detail.old_until),
        "everybody_moved" => t_string!(i18n, detail.everybody_moved),
        "overlaps_cut" => t_string!(i18n, detail.overlaps_cut),
        "allowed_addresses" => t_string!(i18n, policy.addresses),
        "tokens_viewable" => t_string!(i18n, policy.viewable),
        "forgotten" => t_string!(i18n, detail.forgotten),
        "role" => t_string!(i18n, detail.role),
        "added" => t_string!(i18n, detail.added),
        "changed" => t_string!(i18n, detail.changed),
        "unchanged" => t_string!(i18n, detail.unchanged),
        "entries" => t_string!(i18n, detail.entries),
        "sessions_ended" => t_string!(i18n, detail.sessions_ended),
        "language" => t_string!(i18n, language),
        "time_zone" => t_string!(i18n, profile.time_zone),
        "passkey" => t_string!(i18n, detail.passkey),
        "issuer" => t_string!(i18n, detail.issuer),
        "subject" => t_string!(i18n, detail.subject),
        other => other,
    };
    name.to_owned()
}

/// Returns the value of an entry's detail in words, if it has any. An operation that is no longer in the catalogue keeps
/// its id.
pub fn detail_value(i18n: Words, field: &str, value: &str) -> Option<&'static str> {
    match (field, value) {
        ("role", value) => value.parse().ok().map(|of| role(i18n, of)),
        ("scopes", value) => Scope::find(value).map(|scope| name(i18n, scope.operation().name)),
        ("tokens_viewable" | "everybody_moved", "true") => Some(t_string!(i18n, company.yes)),
        ("tokens_viewable", "false") => Some(t_string!(i18n, company.no)),
        _ => None,
    }
}

/// Returns the label of a field.
pub fn field(i18n: Words, field: Field) -> &'static str {
    match field {
        Field::Name => t_string!(i18n, form.name),
        Field::Description => t_string!(i18n, form.description),
        Field::ApiVersion => t_string!(i18n, form.api_version),
        Field::PrimaryContact => t_string!(i18n, form.primary_contact),
        Field::Developers => t_string!(i18n, form.developers),
        Field::Scopes => t_string!(i18n, form.scopes),
        Field::Expires => t_string!(i18n, form.expires),
    }
}

/// Returns the message for an invalid field: the problem and how to fix it.
pub fn problem(i18n: Words, error: &FieldError) -> String {
    match (&error.problem, error.field) {
        (Problem::Required, Field::Scopes) => t_string!(i18n, problem.required_scope).to_owned(),
        (Problem::Required, Field::PrimaryContact | Field::ApiVersion) => {
            t_string!(i18n, problem.required_choice).to_owned()
        }
        (problem, _) => problem_text(i18n, problem),
    }
}

/// Returns the message for an invalid value: the problem and how to fix it.
pub fn problem_text(i18n: Words, problem: &Problem) -> String {
    match problem {
        Problem::Required => t_string!(i18n, problem.required).to_owned(),
        Problem::TooShort { min } => t_string!(i18n, problem.too_short, min = *min).to_string(),
        Problem::TooLong { max } => t_string!(i18n, problem.too_long, max = *max).to_string(),
        Problem::TooMany { max } => t_string!(i18n, problem.too_many, max = *max).to_string(),
        Problem::UnsupportedCharacters => t_string!(i18n, problem.unsupported_characters).to_owned(),
        Problem::NotAnEmail { input } => t_string!(i18n, problem.not_an_email, input = input.as_str()).to_string(),
        Problem::NotWithinDays { max } => t_string!(i18n, problem.not_within_days, max = *max).to_string(),
        Problem::UnknownValue => t_string!(i18n, problem.unknown_value).to_owned(),
        Problem::EasyToGuess => t_string!(i18n, problem.easy_to_guess).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    const ENGLISH: &str = include_str!("../locales/en.json");
    const JAPANESE: &str = include_str!("../locales/ja.json");

    /// Asserts that no text of a locale file has one of these words. `STYLE.md` says what to write instead.
    fn assert_without(file: &str, words: &[&str]) {
        let texts: Vec<_> = file.lines().filter_map(|line| line.split_once("\": \"")).collect();
        assert!(texts.len() > 500, "the file has one text on each line");
        for (key, text) in texts {
            for word in words {
                assert!(!text.contains(word), "{}: “{word}” in {text}", key.trim());
            }
        }
    }

    /// Returns the names of a line's placeholders, sorted.
    fn placeholders(line: &str) -> Vec<&str> {
        let rests = line.split("{{ ").skip(1);
        let mut names: Vec<_> = rests.filter_map(|rest| rest.split_once(" }}")).map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn placeholders_are_the_same_in_both_languages() {
        assert_eq!(ENGLISH.lines().count(), JAPANESE.lines().count());
        for (english, japanese) in ENGLISH.lines().zip(JAPANESE.lines()) {
            let key = |line: &'static str| line.split_once("\": ").map(|(key, _)| key);
            assert_eq!(key(english), key(japanese), "both files have the same order");
            assert_eq!(placeholders(english), placeholders(japanese), "{english}");
        }
    }

    #[test]
    fn english_texts_have_no_translated_phrases() {
        let phrases =
            ["meanwhile", " at once", " anew", "omebody", "obody", "Whom", "whom", "verybody", " passes", "’"];
        assert_without(ENGLISH, &phrases);
    }

    #[test]
    fn japanese_texts_have_the_published_terms_and_signs() {
        let words =
            ["Auth Token", "Account SID", "監査証跡", "通らなく", "一度だけ", "ひとつ", "六つ", ": ", ":\"", "ゲート"];
        assert_without(JAPANESE, &words);
    }
}
