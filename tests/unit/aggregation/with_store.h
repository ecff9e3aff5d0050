// A store in memory and what tests put into it.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "object/canonical.h"
#include "object/document.h"
#include "storage/stored_object.h"
#include "support/memory_driver.h"

namespace limen::test {

class WithStore : public testing::Test {
 protected:
  void put(storage::Key key, const std::string& text) {
    std::promise<storage::WriteStatus> done;
    store_->create(std::move(key), object::canonical(boost::json::parse(text)),
                   [&](storage::WriteResult result) { done.set_value(result.status); });
    ASSERT_EQ(done.get_future().get(), storage::WriteStatus::ok);
  }
  // Changes the text of an object.
  void replace(const storage::Key& key, const std::string& what, const std::string& by) {
    const storage::ObjectPtr current = store_->get(key);
    ASSERT_TRUE(current);
    std::string text = storage::canonical_text(*current);
    const std::size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, what.size(), by);
    std::promise<storage::WriteStatus> done;
    store_->update(key, current->revision, text,
                   [&](storage::WriteResult result) { done.set_value(result.status); });
    ASSERT_EQ(done.get_future().get(), storage::WriteStatus::ok);
  }

  std::unique_ptr<storage::CachedStore> store_ = memory_store();
};

}  // namespace limen::test
