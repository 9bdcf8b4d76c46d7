"""What people have to say for the public record of the service: `record:` in the inputs file."""

from __future__ import annotations

from pydantic import Field

from risk_model.config.base import Model, Text

__all__ = ["Record"]


class Record(Model):
    """Answers that no run can know; one that is missing is marked as still to be written."""

    organisation: Text | None = Field(None, description="Full name of the responsible body.")
    organisation_type: Text | None = Field(
        None, description="Its type, such as local authority or police force."
    )
    function: Text | None = Field(None, description="Area of public service, such as policing.")
    capability: Text | None = Field(
        None, description="Kind of tool in the template's words, such as data analysis."
    )
    task: Text | None = Field(None, description="What it does in the template's words.")
    team: Text | None = Field(None, description="Team responsible for using the service.")
    senior_responsible_owner: Text | None = Field(
        None, description="Role title (and name, if it is published) of the owner."
    )
    contact_email: Text | None = Field(None, description="Team address for questions.")
    website: Text | None = Field(None, description="Page with more about the use of the service.")
    phase: Text | None = Field(None, description="Phase, such as pilot or production.")
    completed: Text | None = Field(None, description="Date the record was completed.")
    external_supplier_involvement: Text | None = Field(
        None, description="Whether suppliers took part in building or running it: yes or no."
    )
    external_supplier: Text | None = Field(None, description="Names of suppliers.")
    companies_house_number: Text | None = Field(None, description="Their numbers.")
    external_supplier_role: Text | None = Field(None, description="What they did.")
    procurement_procedure: Text | None = Field(None, description="How they were contracted.")
    data_access_terms: Text | None = Field(None, description="Their terms of access to data.")
    legal_basis: Text | None = Field(
        None, description="Law, duty or agreement under which the data are used this way."
    )
    benefit: Text | None = Field(None, description="What it is expected to bring, and why.")
    previous_process: Text | None = Field(None, description="How areas were chosen before.")
    alternatives: Text | None = Field(None, description="What else was considered.")
    process: Text | None = Field(None, description="Meetings and decisions that it feeds.")
    frequency: Text | None = Field(None, description="How often it is used, and by how many.")
    human_oversight: Text | None = Field(
        None, description="Who decides on an area, and who can say no."
    )
    training: Text | None = Field(None, description="Training of those who use it.")
    appeals: Text | None = Field(None, description="How anybody may question or appeal.")
    maintenance: Text | None = Field(None, description="Who reviews and updates it, how often.")
    source_data_url: Text | None = Field(None, description="Where the data can be had, if open.")
    data_sharing: Text | None = Field(None, description="Data sharing agreements in place.")
    data_access: Text | None = Field(
        None, description="Who can see the data, where they are kept and for how long."
    )
    impact_assessments: Text | None = Field(
        None, description="Data protection, equality and other assessments, with dates."
    )
    risks: Text | None = Field(None, description="Risks found locally, and what is done.")
    oversight_body: Text | None = Field(
        None, description="Ethics panel or scrutiny committee that has looked at it."
    )
