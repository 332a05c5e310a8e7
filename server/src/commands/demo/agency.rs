//! The demo's agencies: their users and company profiles.

use domain::{
    account::company::{Address, CompanyInformation, Contact},
    members::role::Role,
};

/// An agency account of the demo.
pub struct Agency {
    /// The account's name.
    pub name: &'static str,
    /// Role, e-mail address and name of each user; the administrator first.
    pub users: &'static [(Role, &'static str, &'static str)],
}

/// The agency with tokens.
pub const HOSHI_OAK: Agency = Agency {
    name: "Hoshi & Oak Agency",
    users: &[
        (Role::AccountAdministrator, "admin@hoshi-oak.example", "Aiko Tanaka 田中 愛子"),
        (Role::ImplementationSpecialist, "specialist@hoshi-oak.example", "Daniel Oakley"),
        (Role::Analyst, "analyst@hoshi-oak.example", "佐藤 健太"),
        (Role::Finance, "finance@hoshi-oak.example", "Maria Lindqvist"),
        (Role::PerformanceMarketingManager, "marketing@hoshi-oak.example", "鈴木 美咲"),
    ],
};

/// The agency that has not enabled API access yet.
pub const KITA_MEDIA: Agency = Agency {
    name: "Kita Media",
    users: &[(Role::AccountAdministrator, "admin@kita-media.example", "Haruto Kita 北 陽翔")],
};

/// A small agency, to which Hoshi & Oak's administrator belongs as well.
pub const MINATO_STUDIO: Agency = Agency {
    name: "Minato Studio",
    users: &[(Role::AccountAdministrator, "admin@minato-studio.example", "Ren Minato 湊 蓮")],
};

/// Returns Hoshi & Oak's company profile, with every field filled in.
pub fn hoshi_oak_profile() -> CompanyInformation {
    let office = Address {
        address_line1: "3-14-8 Kanda Jimbocho".into(),
        address_line2: "Oak Building 5F".into(),
        city: "Tokyo".into(),
        state: "Tokyo".into(),
        postal_code: "101-0051".into(),
        country: "JAPAN".into(),
    };
    CompanyInformation {
        website: "https://www.hoshi-oak.example".into(),
        primary_phone_number: "81355500110".into(),
        primary_phone_number_country: "JAPAN".into(),
        secondary_phone_number: "15125550114".into(),
        secondary_phone_number_country: "US".into(),
        minimum_contact_rating: "3".into(),
        timezone: "(GMT +09:00) Osaka, Sapporo, Tokyo".into(),
        currency: "JPY".into(),
        registered_for_indirect_tax: "true".into(),
        indirect_tax_number: "T0000000000000".into(),
        ein_ssn_foreign_tax_id: "XXXXX0142".into(),
        corporate_address: office.clone(),
        billing_address: office,
        financial_contact: contact("5402850", "Maria Lindqvist", "finance@hoshi-oak.example", "81355500111"),
        technical_contact: contact("5402851", "Daniel Oakley", "specialist@hoshi-oak.example", "81355500112"),
        security_contact: contact("5402852", "Aiko Tanaka 田中 愛子", "admin@hoshi-oak.example", "81355500113"),
        commercial_contact: contact("5402853", "鈴木 美咲", "marketing@hoshi-oak.example", "81355500114"),
        ..CompanyInformation::named(HOSHI_OAK.name)
    }
}

/// Returns Kita Media's company profile, with only a few fields filled in.
pub fn kita_media_profile() -> CompanyInformation {
    CompanyInformation {
        website: "https://www.kita-media.example".into(),
        currency: "JPY".into(),
        ..CompanyInformation::named(KITA_MEDIA.name)
    }
}

fn contact(user_id: &str, name: &str, email: &str, work_phone_number: &str) -> Contact {
    Contact {
        user_id: user_id.into(),
        name: name.into(),
        email: email.into(),
        work_phone_number: work_phone_number.into(),
        work_phone_number_country: "JAPAN".into(),
        ..Contact::default()
    }
}
