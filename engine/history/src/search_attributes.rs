//! What search attributes may be.

use prost::Message as _;

use crate::failure::BadCommand;
use crate::limits::{
    SEARCH_ATTRIBUTE_KEYS_MAX, SEARCH_ATTRIBUTE_VALUE_BYTES_MAX, SEARCH_ATTRIBUTES_BYTES_MAX,
};
use crate::proto::{SearchAttributes, WorkflowTaskFailedCause};

/// Why search attributes are not taken.
///
/// # Errors
/// A sentence on the first thing that is wrong.
pub fn problem(attributes: &SearchAttributes) -> Result<(), String> {
    let fields = &attributes.indexed_fields;
    if fields.len() > SEARCH_ATTRIBUTE_KEYS_MAX {
        return Err(format!(
            "number of search attributes {} exceeds limit {SEARCH_ATTRIBUTE_KEYS_MAX}",
            fields.len()
        ));
    }
    if let Some((name, value)) =
        fields.iter().find(|(_, it)| it.data.len() > SEARCH_ATTRIBUTE_VALUE_BYTES_MAX)
    {
        return Err(format!(
            "search attribute {name} value size {} exceeds size limit {SEARCH_ATTRIBUTE_VALUE_BYTES_MAX}",
            value.data.len()
        ));
    }
    let bytes = attributes.encoded_len();
    if bytes > SEARCH_ATTRIBUTES_BYTES_MAX {
        return Err(format!(
            "total size of search attributes {bytes} exceeds size limit {SEARCH_ATTRIBUTES_BYTES_MAX}"
        ));
    }
    Ok(())
}

pub(crate) fn check(attributes: Option<&SearchAttributes>) -> Result<(), BadCommand> {
    attributes
        .map_or(Ok(()), problem)
        .map_err(|message| BadCommand::new(WorkflowTaskFailedCause::BadSearchAttributes, message))
}
