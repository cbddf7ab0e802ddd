//! What each kind of report asks and says.

mod draft;
mod job_housing;
mod levels;
mod methods;
mod missing;
mod naming;
mod service_gap;
mod station_catchment;
mod what_if;
mod why;
mod zoning;

pub use draft::Draft;
use job_housing::JobHousing;
use service_gap::ServiceGap;
use station_catchment::StationCatchment;
use zoning::Zoning;

use super::{Kind, Question};
use crate::{
    city::City,
    query::{Limits, QueryError},
};

/// The answers that the reports of a kind are made from.
pub enum Gathered {
    JobHousing(Box<JobHousing>),
    StationCatchment(Box<StationCatchment>),
    ServiceGap(Box<ServiceGap>),
    Zoning(Box<Zoning>),
}

impl Gathered {
    /// # Errors
    /// What the questions refuse.
    pub fn of(city: &City, question: &Question, limits: &Limits) -> Result<Self, QueryError> {
        Ok(match question.kind {
            Kind::JobHousing => {
                Gathered::JobHousing(Box::new(JobHousing::gather(city, question, limits)?))
            }
            Kind::StationCatchment => Gathered::StationCatchment(Box::new(
                StationCatchment::gather(city, question, limits)?,
            )),
            Kind::ServiceGap => Gathered::ServiceGap(Box::new(ServiceGap::gather(city, question))),
            Kind::Zoning => Gathered::Zoning(Box::new(Zoning::gather(city, question))),
        })
    }

    /// # Errors
    /// Where nobody waits any longer.
    pub fn write<'c>(&self, draft: Draft<'c>, limits: &Limits) -> Result<Draft<'c>, QueryError> {
        match self {
            Gathered::JobHousing(answers) => answers.write(draft, limits),
            Gathered::StationCatchment(answers) => answers.write(draft, limits),
            Gathered::ServiceGap(answers) => answers.write(draft, limits),
            Gathered::Zoning(answers) => answers.write(draft, limits),
        }
    }
}
