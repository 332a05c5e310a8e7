//! The fields of the forms to invite a user and to accept an invitation, and their problems.

use crate::error::AppError;
use crate::i18n::t_string;
use crate::ui::field::{Control, FieldProblem, Problems};
use crate::words::{self, Words};
use domain::members::membership::{MemberField, MemberFieldError};
use domain::text::Problem;
use leptos::oco::Oco;

const fn id(field: MemberField) -> &'static str {
    match field {
        MemberField::Name => "member-name",
        MemberField::Email => "member-email",
        MemberField::Role => "member-role",
        MemberField::Password => "member-password",
    }
}

/// Returns the field's control, with its problem among these.
pub fn member_control(problems: Problems<MemberFieldError>, field: MemberField) -> Control {
    problems.control(id(field))
}

impl FieldProblem for MemberFieldError {
    fn id(&self) -> Oco<'static, str> {
        id(self.field).into()
    }

    fn text(&self, i18n: Words) -> String {
        match (&self.problem, self.field) {
            (Problem::Required, MemberField::Role) => t_string!(i18n, problem.required_choice).to_owned(),
            (problem, _) => words::problem_text(i18n, problem),
        }
    }

    fn answered(error: AppError) -> Option<Vec<Self>> {
        if let AppError::InvalidMember(found) = error { Some(found) } else { None }
    }
}
