"""The fields of the Algorithmic Transparency Recording Standard, and where their answers are.

Numbers, names and what is required are those of the template, version 3.0 (March 2024), as the
standard's own repository publishes it (co-cddo/algorithmic-transparency-recording-standard,
template_table.md).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FIELDS", "SECTIONS", "VERSION", "RecordField"]

VERSION = "v3.0 (March 2024)"

SECTIONS = {
    "0": "Metadata and title information",
    "1": "Tier 1: information for everybody",
    "2.1": "Tier 2: owner and responsibility",
    "2.2": "Tier 2: description and rationale",
    "2.3": "Tier 2: decision-making process",
    "2.4.1": "Tier 2: tool specification",
    "2.4.2": "Tier 2: model specification",
    "2.4.3": "Tier 2: data specification",
    "2.5": "Tier 2: risks, mitigations and impact assessments",
}


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of the template.

    `said_by` names the key of `record:` in the inputs file that a person fills, if there is one;
    `ask` is what that person has to write.
    """

    number: str
    attribute: str
    name: str
    required: bool
    said_by: str = ""
    ask: str = ""

    @property
    def section(self) -> str:
        """Heading of the field's section."""
        return next(text for start, text in SECTIONS.items() if self._within(start))

    def _within(self, start: str) -> bool:
        return self.number == start or self.number.startswith(f"{start}.")


def _field(
    number: str, attribute: str, name: str, said_by: str = "", ask: str = "", *, needed: bool = True
) -> RecordField:
    return RecordField(number, attribute, name, needed, said_by, ask)


_TYPE = "the type of body, from the template's list"
_SUPPLIER = "if a supplier took part: "

FIELDS: tuple[RecordField, ...] = (
    _field("0.1", "id", "ID", "", "the number that the publishing team gives"),
    _field("0.2", "standard_version", "Standard version"),
    _field("0.3", "organisation_type", "Organisation type", "organisation_type", _TYPE),
    _field("0.4", "function", "Function", "function", "the area of public service"),
    _field("0.5", "capability", "Capability", "capability", "the capability, from its list"),
    _field("0.6", "task", "Task", "task", "the task, from the template's list"),
    _field("0.7", "tags", "Tags"),
    _field("0.8", "date_of_completion", "Date of completion", "completed", "the date"),
    _field("0.9", "date_updated", "Date updated"),
    _field("0.10", "date_archived", "Date archived", "", "a date, once the record is withdrawn"),
    _field("0.11", "title", "Title"),
    _field(
        "0.12", "organisation_name", "Organisation name", "organisation", "the body's full name"
    ),
    _field("0.13", "phase", "Phase", "phase", "the phase that the tool is in"),
    _field("0.14", "region", "Region"),
    _field("0.15", "one_sentence_description", "One sentence description"),
    _field("1.1", "name", "Name"),
    _field("1.2", "description", "Description"),
    _field("1.3", "website_url", "Website URL", "website", "a page about this use of the tool"),
    _field("1.4", "contact_email", "Contact email", "contact_email", "a team's address"),
    _field(
        "2.1.1",
        "organisation_or_department",
        "Organisation or department",
        "organisation",
        "the body that carries responsibility",
    ),
    _field("2.1.2", "team", "Team", "team", "the team that carries responsibility"),
    _field(
        "2.1.3",
        "senior_responsible_owner",
        "Senior responsible owner",
        "senior_responsible_owner",
        "name and role title of the owner",
    ),
    _field(
        "2.1.4",
        "external_supplier_involvement",
        "External supplier involvement",
        "external_supplier_involvement",
        "yes or no",
    ),
    _field(
        "2.1.4.1",
        "external_supplier",
        "External supplier",
        "external_supplier",
        f"{_SUPPLIER}its name",
        needed=False,
    ),
    _field(
        "2.1.4.2",
        "companies_house_number",
        "Companies House Number",
        "companies_house_number",
        f"{_SUPPLIER}its number",
        needed=False,
    ),
    _field(
        "2.1.4.3",
        "external_supplier_role",
        "External supplier role",
        "external_supplier_role",
        f"{_SUPPLIER}what it did",
        needed=False,
    ),
    _field(
        "2.1.4.4",
        "procurement_procedure_type",
        "Procurement procedure type",
        "procurement_procedure",
        f"{_SUPPLIER}how it was contracted",
        needed=False,
    ),
    _field(
        "2.1.4.5",
        "data_access_terms",
        "Data access terms",
        "data_access_terms",
        f"{_SUPPLIER}its terms of access to data",
        needed=False,
    ),
    _field("2.2.1", "detailed_description", "Detailed description", needed=False),
    _field("2.2.2", "scope", "Scope"),
    _field("2.2.3", "benefit", "Benefit", "benefit", "what it is expected to bring here, and why"),
    _field(
        "2.2.4",
        "previous_process",
        "Previous process",
        "previous_process",
        "how areas were chosen before",
        needed=False,
    ),
    _field(
        "2.2.5",
        "alternatives_considered",
        "Alternatives considered",
        "alternatives",
        "what else was considered, and why this was chosen",
        needed=False,
    ),
    _field(
        "2.3.1",
        "process_integration",
        "Process integration",
        "process",
        "which meetings and decisions use it, and with what weight",
    ),
    _field("2.3.2", "provided_information", "Provided information"),
    _field(
        "2.3.3",
        "frequency_and_scale_of_usage",
        "Frequency and scale of usage",
        "frequency",
        "how often it is used, by how many people, for how many decisions",
    ),
    _field(
        "2.3.4",
        "human_decisions_and_review",
        "Human decisions and review",
        "human_oversight",
        "who decides on an area, who checks, and who can say no",
    ),
    _field("2.3.5", "required_training", "Required training", "training", "what users are taught"),
    _field(
        "2.3.6",
        "appeals_and_review",
        "Appeals and review",
        "appeals",
        "how the public may question a result or appeal",
        needed=False,
    ),
    _field("2.4.1.1", "system_architecture", "System architecture"),
    _field("2.4.1.2", "phase", "Phase", "phase", "the phase that the tool is in"),
    _field(
        "2.4.1.3",
        "maintenance",
        "Maintenance",
        "maintenance",
        "who reviews weights, data and code, and how often",
    ),
    _field("2.4.1.4", "models", "Models"),
    _field("2.4.2.1", "model_name", "Model name"),
    _field("2.4.2.2", "model_version", "Model version"),
    _field("2.4.2.3", "model_task", "Model task"),
    _field("2.4.2.4", "model_input", "Model input"),
    _field("2.4.2.5", "model_output", "Model output"),
    _field("2.4.2.6", "model_architecture", "Model architecture"),
    _field("2.4.2.7", "model_performance", "Model performance"),
    _field("2.4.2.8", "datasets", "Datasets"),
    _field("2.4.2.9", "dataset_purposes", "Dataset purposes"),
    _field("2.4.3.1", "source_data_name", "Source data name"),
    _field("2.4.3.2", "data_modality", "Data modality"),
    _field("2.4.3.3", "data_description", "Data description"),
    _field("2.4.3.4", "data_quantities", "Data quantities"),
    _field("2.4.3.5", "sensitive_attributes", "Sensitive attributes"),
    _field(
        "2.4.3.6",
        "data_completeness_and_representativeness",
        "Data completeness and representativeness",
    ),
    _field(
        "2.4.3.7",
        "source_data_url",
        "Source data URL",
        "source_data_url",
        "where the data can be had, or that they are not open",
    ),
    _field("2.4.3.8", "data_collection", "Data collection"),
    _field("2.4.3.9", "data_cleaning", "Data cleaning", needed=False),
    _field(
        "2.4.3.10",
        "data_sharing_agreements",
        "Data sharing agreements",
        "data_sharing",
        "the agreements in place, or that open data need none",
    ),
    _field(
        "2.4.3.11",
        "data_access_and_storage",
        "Data access and storage",
        "data_access",
        "who can see the data, where they are kept, for how long, and who answers for it",
    ),
    _field(
        "2.5.1",
        "impact_assessment",
        "Impact assessment",
        "impact_assessments",
        "data protection, equality and other assessments, with dates and findings",
    ),
    _field(
        "2.5.2",
        "risks_and_mitigations",
        "Risks and mitigations",
        "risks",
        "risks found locally, and what is done about them",
    ),
)
