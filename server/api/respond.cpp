#include "api/respond.h"

#include <utility>

#include "api/gzip.h"
#include "api/json_layout.h"
#include "api/protobuf_answer.h"
#include "api/record.h"
#include "api/table/table.h"
#include "base/json_text.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/conversion.h"
#include "registry/json_scan.h"
#include "validation/protobuf/encode.h"
#include "validation/protobuf/wire_writer.h"

namespace limen::api {

namespace {

using transport::BodyPiece;
using Pieces = std::vector<BodyPiece>;

constexpr std::size_t kCompressStep = 512 * 1024;  // bytes compressed in one turn of the loop
constexpr std::size_t kEncodeStep = 256 * 1024;    // bytes brought to protobuf in one turn

BodyPiece literal(std::string_view text) { return {nullptr, text}; }

std::size_t size_of(const Pieces& pieces) {
  std::size_t total = 0;
  for (const BodyPiece& piece : pieces) total += piece.view.size();
  return total;
}

std::string joined(const Pieces& pieces) {
  std::string text;
  text.reserve(size_of(pieces));
  for (const BodyPiece& piece : pieces) text += piece.view;
  return text;
}

bool compresses(const Call& call, std::size_t size) {
  return size > call.options.compress_above_bytes &&
         accepts_gzip(call.context.head().header("Accept-Encoding"));
}

void send(Call& call, transport::ResponseHead head, Pieces pieces) {
  if (call.context.exchange().responded()) return;
  call.context.set_status(head.status());
  call.context.exchange().respond(std::move(head), std::move(pieces));
}

// Gives the loop's other requests a turn.
base::Task<void> yield(base::Executor& loop) {
  base::OneShot<bool> turn(loop);
  loop.post([turn] { turn.set(true); });
  co_await turn;
}

base::Task<std::string> compress(Call& call, const Pieces& pieces) {
  Gzip gzip;
  std::size_t since = 0;
  for (const BodyPiece& piece : pieces) {
    gzip.add(piece.view);
    since += piece.view.size();
    if (since < kCompressStep) continue;
    since = 0;
    co_await yield(call.context.scope.loop);
  }
  co_return gzip.finish();
}

// People's layouts, and what is no JSON, are made from the whole text.
Pieces laid_out(const Call& call, Pieces pieces) {
  if (call.output.encoding == Encoding::protobuf) {
    Pieces one;
    one.emplace_back(protobuf_body(joined(pieces)));
    return one;
  }
  if (call.output.encoding == Encoding::yaml) {
    const std::string text = joined(pieces);
    Pieces one;
    one.emplace_back(to_yaml(object::Document::parse(text).root()));
    return one;
  }
  if (call.output.pretty) {
    Pieces one;
    one.emplace_back(base::indent_json(joined(pieces)));
    return one;
  }
  pieces.push_back(literal("\n"));
  return pieces;
}

Pieces only(std::string text) {
  Pieces one;
  one.emplace_back(std::move(text));
  return one;
}

void say_compressed(transport::ResponseHead& head) {
  head.add("Content-Encoding", "gzip");
  head.add("Vary", "Accept-Encoding");
}

// Of one object, which is no larger than a request's body was: compressed at once, if at all.
void send_small(Call& call, int status, Pieces pieces) {
  record_answer(call, pieces);
  pieces = laid_out(call, std::move(pieces));
  transport::ResponseHead head = call.context.new_head(status, call.output.content_type());
  if (compresses(call, size_of(pieces))) {
    Gzip gzip;
    for (const BodyPiece& piece : pieces) gzip.add(piece.view);
    pieces = only(gzip.finish());
    say_compressed(head);
  }
  send(call, std::move(head), std::move(pieces));
}

// `"kind":"Pod","apiVersion":"v1",`
std::string type_members(std::string_view kind, std::string_view group, std::string_view version) {
  std::string text = "\"kind\":";
  base::append_json_string(text, kind);
  text += ",\"apiVersion\":";
  base::append_json_string(text, object::group_version(group, version));
  text += ',';
  return text;
}

std::string partial_type(const Call& call, std::string_view kind) {
  return type_members(kind, "meta.k8s.io", call.output.meta_version);
}

TableOptions table_options(const Call& call) {
  TableOptions options;
  options.version = call.output.meta_version;
  options.include = asked_include_object(call.info().query.get("includeObject"));
  return options;
}

void append_table_row(std::string& out, const Call& call, const storage::ObjectPtr& object,
                      const TableOptions& options) {
  const std::string json = served_json(call.resource, object);
  const object::Document document = object::Document::parse(json);
  append_row(out, call.resource, document.root(), json, options);
}

Pieces object_pieces(const Call& call, const storage::ObjectPtr& object) {
  Pieces pieces;
  switch (call.output.view) {
    case View::table: {
      const std::string json = served_json(call.resource, object);
      const object::Document document = object::Document::parse(json);
      pieces.emplace_back(
          single_row_table(call.resource, document.root(), json, table_options(call)));
      break;
    }
    case View::partial:
    case View::partial_list:
      pieces.emplace_back("{" + partial_type(call, "PartialObjectMetadata"));
      pieces.emplace_back(std::shared_ptr<const std::string>(object, &object->json),
                          metadata_tail(object->json));
      break;
    case View::object:
      if (registry::difference(call.resource) == registry::Difference::none) {
        pieces.emplace_back(std::shared_ptr<const std::string>(object, &object->json),
                            object->json);
        break;
      }
      const ServedText text = served_text(call.resource, object);
      pieces.emplace_back(
          "{" + type_members(call.resource.kind, call.resource.group, call.resource.version));
      pieces.emplace_back(text.owner, text.rest);
      break;
  }
  return pieces;
}

// `"metadata":{"resourceVersion":"5","continue":"...","remainingItemCount":2},`
std::string list_metadata(const ListAnswer& answer) {
  std::string text = "\"metadata\":{\"resourceVersion\":\"" + std::to_string(answer.revision) + '"';
  if (!answer.token.empty()) {
    text += ",\"continue\":";
    base::append_json_string(text, answer.token);
  }
  if (answer.remaining) text += ",\"remainingItemCount\":" + std::to_string(*answer.remaining);
  text += "},";
  return text;
}

Pieces table_pieces(const Call& call, const ListAnswer& answer) {
  const TableOptions options = table_options(call);
  const std::string revision = std::to_string(answer.revision);
  TableMeta meta;
  meta.resource_version = revision;
  meta.continue_token = answer.token;
  meta.remaining_item_count = answer.remaining;
  std::string text;
  begin_table(text, call.resource, meta, options);
  for (const storage::ObjectPtr& object : answer.objects)
    append_table_row(text, call, object, options);
  end_table(text);
  Pieces pieces;
  pieces.emplace_back(std::move(text));
  return pieces;
}

Pieces list_pieces(const Call& call, const ListAnswer& answer) {
  if (call.output.view == View::table) return table_pieces(call, answer);
  const bool partial = call.output.view != View::object;
  Pieces pieces;
  pieces.reserve(answer.objects.size() * 2 + 2);
  const std::string kind =
      partial ? "PartialObjectMetadataList" : std::string(call.resource.kind) + "List";
  pieces.emplace_back("{" +
                      (partial ? partial_type(call, kind)
                               : type_members(kind, call.resource.group, call.resource.version)) +
                      list_metadata(answer) + "\"items\":[");
  // Items of a typed list do not repeat their type; those of a partial one have it.
  const auto opening = std::make_shared<const std::string>(
      partial ? ",{" + partial_type(call, "PartialObjectMetadata") : ",{");
  std::size_t skip = 1;  // the comma, before the first
  for (const storage::ObjectPtr& object : answer.objects) {
    pieces.emplace_back(opening, std::string_view(*opening).substr(skip));
    skip = 0;
    if (partial) {
      pieces.emplace_back(std::shared_ptr<const std::string>(object, &object->json),
                          metadata_tail(object->json));
    } else {
      ServedText text = served_text(call.resource, object);
      pieces.emplace_back(std::move(text.owner), text.rest);
    }
  }
  pieces.push_back(literal("]}"));
  return pieces;
}

// The fields of a list's ListMeta.
std::string list_metadata_message(const ListAnswer& answer) {
  validation::protobuf::WireWriter out;
  if (answer.remaining) out.number(4, static_cast<std::uint64_t>(*answer.remaining));
  if (!answer.token.empty()) out.bytes(3, answer.token);
  out.bytes(2, std::to_string(answer.revision));
  return std::string(out.text());
}

// Every list is a message of its metadata (1) and its items (2).
base::Task<Pieces> list_in_protobuf(Call& call, const ListAnswer& answer) {
  namespace protobuf = validation::protobuf;
  const bool partial = call.output.view != View::object;
  const std::string metadata = list_metadata_message(answer);
  Pieces pieces;
  pieces.reserve(answer.objects.size() + 2);
  pieces.emplace_back(std::string());  // the head, once the size is known
  std::size_t size = 0;
  std::size_t since = 0;
  const std::string opening = protobuf::field_head(1, metadata.size()) + metadata;
  for (const storage::ObjectPtr& object : answer.objects) {
    const std::string item = protobuf_item(call.resource, object, partial);
    pieces.emplace_back(protobuf::field_head(2, item.size()) + item);
    size += pieces.back().view.size();
    since += object->json.size();
    if (since < kEncodeStep) continue;
    since = 0;
    co_await yield(call.context.scope.loop);
  }
  const std::string version =
      partial ? object::group_version("meta.k8s.io", call.output.meta_version)
              : object::group_version(call.resource.group, call.resource.version);
  const std::string kind =
      partial ? "PartialObjectMetadataList" : std::string(call.resource.kind) + "List";
  pieces.front() =
      BodyPiece(protobuf::envelope_head(version, kind, opening.size() + size) + opening);
  pieces.push_back(literal(protobuf::kEnvelopeTail));
  co_return pieces;
}

}  // namespace

std::string_view metadata_tail(std::string_view json) {
  constexpr std::string_view kKey = "\"metadata\":";
  const std::string_view value = registry::scan(json, {"metadata"});
  const auto at = static_cast<std::size_t>(value.data() - json.data());
  return json.substr(at - kKey.size());
}

ServedText served_text(const catalog::Resource& resource, const storage::ObjectPtr& object) {
  const ServedText stored{std::shared_ptr<const std::string>(object, &object->json),
                          registry::after_type(object->json)};
  if (registry::difference(resource) != registry::Difference::shape) return stored;
  // A custom object is looked at once for a schema that finds nothing to change in it.
  const std::uint32_t serial = resource.custom ? resource.custom->serial : 0;
  if (serial != 0 && object->unchanged_by.get() == serial) return stored;
  object::Json value = object::mutable_copy(object::Document::parse(object->json).root());
  registry::to_served(resource, value);
  const std::string revision(object::resource_version(value));
  std::string text = object::canonical(value);
  if (!revision.empty()) text = object::with_revision(text, object->revision);
  auto owner = std::make_shared<const std::string>(std::move(text));
  const std::string_view rest = registry::after_type(*owner);
  if (serial != 0 && rest == stored.rest) {
    object->unchanged_by.set(serial);
    return stored;
  }
  return {std::move(owner), rest};
}

std::string served_json(const catalog::Resource& resource, const storage::ObjectPtr& object) {
  if (registry::difference(resource) == registry::Difference::none) return object->json;
  const ServedText text = served_text(resource, object);
  std::string json = "{" + type_members(resource.kind, resource.group, resource.version);
  json += text.rest;
  return json;
}

storage::ObjectPtr unstored(const object::Json& object, storage::Revision revision) {
  auto made = std::make_shared<storage::StoredObject>();
  made->ns = object::ns(object);
  made->name = object::name(object);
  made->uid = object::uid(object);
  made->revision = revision;
  made->json = object::canonical(object);
  if (revision != 0) made->json = object::with_revision(made->json, revision);
  return made;
}

void respond_object(Call& call, int status, const storage::ObjectPtr& object) {
  send_small(call, status, object_pieces(call, object));
}

void respond_text(Call& call, int status, std::string json) {
  if (json.ends_with('\n')) json.pop_back();
  Pieces pieces;
  pieces.emplace_back(std::move(json));
  send_small(call, status, std::move(pieces));
}

void respond_deleted(Call& call, const storage::StoredObject& object) {
  std::string text =
      R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":)";
  base::append_json_string(text, object.name);
  if (!call.resource.group.empty()) {
    text += ",\"group\":";
    base::append_json_string(text, call.resource.group);
  }
  text += ",\"kind\":";
  base::append_json_string(text, call.resource.name);
  text += ",\"uid\":";
  base::append_json_string(text, object.uid);
  text += "}}";
  respond_text(call, 200, std::move(text));
}

base::Task<void> respond_list(Call& call, ListAnswer answer) {
  Pieces pieces;
  if (call.output.encoding == Encoding::protobuf) {
    if (call.context.audit) record_answer(call, list_pieces(call, answer));
    pieces = co_await list_in_protobuf(call, answer);
  } else {
    pieces = list_pieces(call, answer);
    record_answer(call, pieces);
    pieces = laid_out(call, std::move(pieces));
  }
  transport::ResponseHead head = call.context.new_head(200, call.output.content_type());
  if (compresses(call, size_of(pieces))) {
    std::string body = co_await compress(call, pieces);
    pieces = only(std::move(body));
    say_compressed(head);
  }
  send(call, std::move(head), std::move(pieces));
}

}  // namespace limen::api
