#include "storage/store.h"

#include <utility>

namespace limen::storage {

base::Task<WriteResult> Store::create(base::Executor& loop, Key key, std::string json) {
  const base::OneShot<WriteResult> result(loop);
  create(std::move(key), std::move(json),
         [result](WriteResult written) { result.set(std::move(written)); });
  co_return co_await result;
}

base::Task<WriteResult> Store::update(base::Executor& loop, Key key, Revision expected,
                                      std::string json) {
  const base::OneShot<WriteResult> result(loop);
  update(std::move(key), expected, std::move(json),
         [result](WriteResult written) { result.set(std::move(written)); });
  co_return co_await result;
}

base::Task<WriteResult> Store::remove(base::Executor& loop, Key key, Revision expected) {
  const base::OneShot<WriteResult> result(loop);
  remove(std::move(key), expected,
         [result](WriteResult written) { result.set(std::move(written)); });
  co_return co_await result;
}

base::Task<std::string> Store::confirm(base::Executor& loop) {
  if (!shared()) co_return std::string();
  const base::OneShot<std::string> result(loop);
  confirm([result](std::string error) { result.set(std::move(error)); });
  co_return co_await result;
}

}  // namespace limen::storage
