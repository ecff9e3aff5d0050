// Answers in protobuf (row M18): whole JSON texts brought to it, and which requests get it.
//
// The store keeps JSON; an answer in protobuf is made from it for each request, apart from events
// of watches, which are made once a loop. Thread rule: free functions, any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/negotiation.h"
#include "catalog/catalog.h"
#include "object/document.h"
#include "storage/store.h"

namespace limen::api {

// True when answers about the resource, or about its subresource when that is not null, have a
// protobuf form: those of built-in kinds have one, those of custom kinds and views do not.
bool has_protobuf(const catalog::Resource& resource, const catalog::Subresource* subresource);

// A whole body from the JSON text of one object, a Status or PartialObjectMetadata with its
// apiVersion and kind. Throws ApiError 406 when there is no protobuf form of the kind.
std::string protobuf_body(std::string_view json);

// An item of a list: the message of a stored object as the resource serves it, or that of its
// metadata alone.
std::string protobuf_item(const catalog::Resource& resource, const storage::ObjectPtr& object,
                          bool partial);

// The body of an object in an event of a watch. The last few of each loop are kept, because many
// watchers are told the same.
std::shared_ptr<const std::string> protobuf_event(const catalog::Resource& resource,
                                                  const storage::ObjectPtr& object, View view,
                                                  std::string_view meta_version);

}  // namespace limen::api
