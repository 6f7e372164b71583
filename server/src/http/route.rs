//! What a route is: its address, who may call it, what it takes and answers. The router, the guard and the
//! OpenAPI document are made of the same list, so that none of them can miss a route.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::client_auth::{Guard, guard};
use super::limits::JSON_BYTES_MAX;
use super::serve::Shared;
use crate::app::Rank;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anyone: it tells nothing, or looks after itself.
    Nobody,
    /// Whoever brings a good token.
    Anyone,
    /// Whoever has this rank, or a higher one, in the organization in question.
    Rank(Rank),
    /// Who looks after the installation.
    Operator,
}

/// How a route is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}

pub(crate) type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// A body, as the document tells it.
#[derive(Clone)]
pub(crate) struct BodyDoc {
    pub(crate) mime: &'static str,
    pub(crate) schema: MakeSchema,
    pub(crate) example: Option<Value>,
}

/// One answer, as the document tells it.
#[derive(Clone)]
pub(crate) struct AnswerDoc {
    pub(crate) status: u16,
    /// What comes; nothing where there is no schema.
    pub(crate) body: Option<BodyDoc>,
}

/// One route.
pub(crate) struct Route {
    pub(crate) verb: Verb,
    pub(crate) path: &'static str,
    pub(crate) need: Need,
    pub(crate) summary: &'static str,
    /// The most that its body may have, in bytes.
    pub(crate) bytes_max: usize,
    pub(crate) takes: Vec<BodyDoc>,
    pub(crate) body_required: bool,
    pub(crate) query: Option<MakeSchema>,
    pub(crate) answers: Vec<AnswerDoc>,
    /// Statuses of problems beyond those that every route of its kind has.
    pub(crate) problems: Vec<u16>,
    /// Whether it takes an `Idempotency-Key`.
    pub(crate) once: bool,
    /// Whether `organizationId` may say whose things are meant, for callers with several organizations.
    pub(crate) home: bool,
    handler: MethodRouter<Shared>,
}

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn bytes_schema(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({"type": "string", "format": "binary"})
}

fn text_schema(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({"type": "string"})
}

impl Route {
    fn new(verb: Verb, path: &'static str, need: Need, handler: MethodRouter<Shared>) -> Self {
        Self {
            verb,
            path,
            need,
            summary: "",
            bytes_max: JSON_BYTES_MAX,
            takes: Vec::new(),
            body_required: true,
            query: None,
            answers: Vec::new(),
            problems: Vec::new(),
            once: false,
            home: false,
            handler,
        }
    }

    pub(crate) fn get<T: 'static>(path: &'static str, need: Need, handler: impl Handler<T, Shared>) -> Self {
        Self::new(Verb::Get, path, need, get(handler))
    }

    pub(crate) fn post<T: 'static>(path: &'static str, need: Need, handler: impl Handler<T, Shared>) -> Self {
        Self::new(Verb::Post, path, need, post(handler))
    }

    pub(crate) fn put<T: 'static>(path: &'static str, need: Need, handler: impl Handler<T, Shared>) -> Self {
        Self::new(Verb::Put, path, need, put(handler))
    }

    pub(crate) fn patch<T: 'static>(
        path: &'static str,
        need: Need,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        Self::new(Verb::Patch, path, need, patch(handler))
    }

    pub(crate) fn delete<T: 'static>(
        path: &'static str,
        need: Need,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        Self::new(Verb::Delete, path, need, delete(handler))
    }

    pub(crate) fn summary(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// It takes this as JSON.
    pub(crate) fn takes<T: JsonSchema>(mut self) -> Self {
        self.takes.push(BodyDoc { mime: "application/json", schema: schema_of::<T>, example: None });
        self
    }

    /// It takes this as JSON, or nothing.
    pub(crate) fn may_take<T: JsonSchema>(self) -> Self {
        Self { body_required: false, ..self.takes::<T>() }
    }

    /// It takes a body of another kind.
    pub(crate) fn takes_as(mut self, mime: &'static str, schema: MakeSchema) -> Self {
        self.takes.push(BodyDoc { mime, schema, example: None });
        self
    }

    pub(crate) fn takes_bytes(self, mime: &'static str) -> Self {
        self.takes_as(mime, bytes_schema)
    }

    /// An example of what it takes.
    pub(crate) fn like(mut self, example: Value) -> Self {
        if let Some(last) = self.takes.last_mut() {
            last.example = Some(example);
        }
        self
    }

    pub(crate) fn query<T: JsonSchema>(self) -> Self {
        Self { query: Some(schema_of::<T>), ..self }
    }

    /// It answers this as JSON.
    pub(crate) fn answers<T: JsonSchema>(mut self, status: u16) -> Self {
        let body = BodyDoc { mime: "application/json", schema: schema_of::<T>, example: None };
        self.answers.push(AnswerDoc { status, body: Some(body) });
        self
    }

    /// It answers text of this kind.
    pub(crate) fn answers_text(mut self, status: u16, mime: &'static str) -> Self {
        let body = BodyDoc { mime, schema: text_schema, example: None };
        self.answers.push(AnswerDoc { status, body: Some(body) });
        self
    }

    pub(crate) fn answers_nothing(mut self, status: u16) -> Self {
        self.answers.push(AnswerDoc { status, body: None });
        self
    }

    pub(crate) fn problems(self, problems: &[u16]) -> Self {
        Self { problems: problems.to_vec(), ..self }
    }

    pub(crate) fn bytes_max(self, bytes_max: usize) -> Self {
        Self { bytes_max, ..self }
    }

    /// It makes something, once per `Idempotency-Key`.
    pub(crate) fn once(self) -> Self {
        Self { once: true, ..self }
    }

    /// It concerns the caller's organization, which callers with several name in `organizationId`.
    pub(crate) fn home(self) -> Self {
        Self { home: true, ..self }
    }

    fn served(self, shared: &Shared) -> (&'static str, MethodRouter<Shared>) {
        let handler = self.handler.layer(DefaultBodyLimit::max(self.bytes_max));
        let needs = Guard { shared: shared.clone(), need: self.need };
        (self.path, handler.layer(from_fn_with_state(needs, guard)))
    }
}

/// The router of a list of routes.
pub(crate) fn router(routes: Vec<Route>, shared: &Shared) -> Router<Shared> {
    routes.into_iter().fold(Router::new(), |router, route| {
        let (path, handler) = route.served(shared);
        router.route(path, handler)
    })
}
