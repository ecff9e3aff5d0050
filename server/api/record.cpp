#include "api/record.h"

#include "object/canonical.h"
#include "object/metadata.h"

namespace limen::api {

using request::AuditLevel;

void record_object(Call& call, const object::Json& object) {
  if (!call.context.audit) return;
  request::AuditRecord& record = *call.context.audit;
  record.ns = object::ns(object);
  record.name = object::name(object);
  record.uid = object::uid(object);
  record.resource_version = object::resource_version(object);
  record_body(call, object);
}

void record_body(Call& call, const object::Json& body) {
  if (!call.context.audit || call.context.audit->level < AuditLevel::request) return;
  call.context.audit->request_object = object::to_json(body);
}

void record_answer(Call& call, const std::vector<transport::BodyPiece>& pieces) {
  if (!call.context.audit || call.context.audit->level < AuditLevel::request_response) return;
  if (!call.context.exchange().responded()) call.context.audit->response_object = pieces;
}

}  // namespace limen::api
