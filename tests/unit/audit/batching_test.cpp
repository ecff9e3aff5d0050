// When events go to a webhook, how many at a time, and how large they may be. The clock is ours.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "audit/backoff.h"
#include "audit/batcher.h"
#include "audit/event_list.h"
#include "audit/throttle.h"

namespace limen::audit {
namespace {

using namespace std::chrono_literals;

const base::Deadline kStart = base::Deadline{} + 1h;

Event event(std::string text) {
  Event made;
  made.head = R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","n":")" + std::move(text) + '"';
  made.tail = "}";
  return made;
}

bool push(Batcher& batcher, std::string text, base::Deadline now) {
  Waiting waiting{event(std::move(text)), nullptr};
  return batcher.push(waiting, now);
}

BatchOptions unthrottled() {
  BatchOptions options;
  options.throttled = false;
  return options;
}

TEST(AuditThrottle, TheBurstGoesAtOnceAndThenSoManyASecond) {
  Throttle throttle(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(throttle.take(kStart));
  EXPECT_FALSE(throttle.take(kStart));
  EXPECT_EQ(throttle.next(kStart), kStart + 100ms);
  EXPECT_FALSE(throttle.take(kStart + 99ms));
  EXPECT_TRUE(throttle.take(kStart + 100ms));
  EXPECT_FALSE(throttle.take(kStart + 100ms));
}

TEST(AuditThrottle, AQuietHourSavesNoMoreThanTheBurst) {
  Throttle throttle(10, 2);
  EXPECT_TRUE(throttle.take(kStart));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(throttle.take(kStart + 1h));
  EXPECT_FALSE(throttle.take(kStart + 1h));
}

TEST(AuditBackoff, WaitsHalfAsLongAgainFourTimes) {
  Backoff backoff(10s);
  EXPECT_EQ(backoff.next(0), 10s);
  EXPECT_EQ(backoff.next(0), 15s);
  EXPECT_EQ(backoff.next(0), 22500ms);
  EXPECT_EQ(backoff.next(0), 33750ms);
  EXPECT_EQ(backoff.next(0), std::nullopt);
}

TEST(AuditBackoff, ChanceAddsUpToAFifth) {
  EXPECT_EQ(Backoff(10s).next(1), 12s);
  EXPECT_EQ(Backoff(10s).next(0.5), 11s);
}

TEST(AuditBatcher, ABatchWaitsForItsFirstEventsTime) {
  Batcher batcher(unthrottled());
  EXPECT_EQ(batcher.due(kStart), std::nullopt);
  ASSERT_TRUE(push(batcher, "a", kStart));
  ASSERT_TRUE(push(batcher, "b", kStart + 20s));
  EXPECT_EQ(batcher.due(kStart + 20s), kStart + 30s);
  EXPECT_TRUE(batcher.take(kStart + 29s).empty());
  EXPECT_EQ(batcher.take(kStart + 30s).size(), 2U);
  EXPECT_TRUE(batcher.empty());
}

TEST(AuditBatcher, AFullBatchWaitsForNothing) {
  BatchOptions options = unthrottled();
  options.max_batch = 3;
  Batcher batcher(options);
  for (const char* text : {"a", "b"}) ASSERT_TRUE(push(batcher, text, kStart));
  EXPECT_TRUE(batcher.take(kStart).empty());
  for (const char* text : {"c", "d"}) ASSERT_TRUE(push(batcher, text, kStart));
  const std::vector<Waiting> batch = batcher.take(kStart);
  ASSERT_EQ(batch.size(), 3U);
  EXPECT_NE(batch[0].event.head.find("\"a\""), std::string::npos);
  EXPECT_NE(batch[2].event.head.find("\"c\""), std::string::npos);
  EXPECT_EQ(batcher.size(), 1U);
  EXPECT_EQ(batcher.due(kStart), kStart + 30s);
}

TEST(AuditBatcher, TheThrottleHoldsEvenFullBatches) {
  BatchOptions options;
  options.max_batch = 1;
  options.batches_per_second = 2;
  options.burst = 1;
  Batcher batcher(options);
  for (const char* text : {"a", "b"}) ASSERT_TRUE(push(batcher, text, kStart));
  EXPECT_EQ(batcher.take(kStart).size(), 1U);
  EXPECT_EQ(batcher.due(kStart), kStart + 500ms);
  EXPECT_TRUE(batcher.take(kStart + 499ms).empty());
  EXPECT_EQ(batcher.take(kStart + 500ms).size(), 1U);
}

TEST(AuditBatcher, TheEndWaitsForNeither) {
  BatchOptions options;
  options.burst = 1;
  Batcher batcher(options);
  ASSERT_TRUE(push(batcher, "a", kStart));
  batcher.hurry();
  EXPECT_EQ(batcher.take(kStart).size(), 1U);
  ASSERT_TRUE(push(batcher, "b", kStart));
  EXPECT_EQ(batcher.take(kStart).size(), 1U);
}

TEST(AuditBatcher, TheBufferIsBoundedInEventsThatWait) {
  BatchOptions options = unthrottled();
  options.max_buffered = 2;
  options.max_batch = 1;
  Batcher batcher(options);
  for (const char* text : {"a", "b"}) ASSERT_TRUE(push(batcher, text, kStart));
  EXPECT_FALSE(batcher.has_room());
  EXPECT_FALSE(push(batcher, "c", kStart));
  batcher.take(kStart);
  EXPECT_TRUE(push(batcher, "d", kStart)) << "what is on its way does not wait";
}

TEST(AuditBatcher, BytesCountUntilTheirBatchIsStored) {
  BatchOptions options = unthrottled();
  const std::size_t size = event("x").size();
  options.max_bytes = 2 * size;
  options.max_batch = 1;
  Batcher batcher(options);
  for (const char* text : {"a", "b"}) ASSERT_TRUE(push(batcher, text, kStart));
  EXPECT_FALSE(push(batcher, "c", kStart));
  batcher.take(kStart);
  EXPECT_FALSE(push(batcher, "c", kStart));
  batcher.finished(size);
  EXPECT_TRUE(push(batcher, "c", kStart));
}

TEST(AuditBatcher, OneEventMayBeLargerThanTheBuffer) {
  BatchOptions options = unthrottled();
  options.max_bytes = 10;
  Batcher batcher(options);
  EXPECT_TRUE(push(batcher, std::string(100, 'x'), kStart));
  EXPECT_FALSE(push(batcher, "y", kStart));
}

Event with_body(std::string body, std::string tail) {
  Event made = event("e");
  made.request_object = std::move(body);
  made.tail = std::move(tail);
  return made;
}

TEST(AuditTruncation, TakesTheBodiesAndSaysSo) {
  Event plain = with_body(R"({"a":1})", R"(,"stageTimestamp":"t"})");
  plain.truncate();
  EXPECT_EQ(plain.to_json(),
            R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","n":"e","stageTimestamp":"t",)"
            R"("annotations":{"audit.k8s.io/truncated":"true"}})");
  Event annotated = with_body(R"({"a":1})", R"(,"stageTimestamp":"t","annotations":{"z":"1"}})");
  annotated.truncate();
  EXPECT_EQ(annotated.to_item(), R"({"n":"e","stageTimestamp":"t",)"
                                 R"("annotations":{"audit.k8s.io/truncated":"true","z":"1"}})");
}

TEST(AuditTruncation, BeginsAtTheByteAndTheNewlineCounts) {
  const Event whole = with_body(R"({"a":")" + std::string(100, 'x') + "\"}", "}");
  const std::size_t size = whole.to_json().size() + 1;
  Event fits = whole;
  EXPECT_EQ(fitted(fits, size, &Event::to_json), whole.to_json());
  Event larger = whole;
  const auto cut = fitted(larger, size - 1, &Event::to_json);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->find("xxx"), std::string::npos);
  EXPECT_NE(cut->find("audit.k8s.io/truncated"), std::string::npos);
}

TEST(AuditTruncation, WhatIsTooLargeEvenSoIsNotStored) {
  Event bare = event(std::string(100, 'x'));
  EXPECT_EQ(fitted(bare, 50, &Event::to_json), std::nullopt);
  Event body = event(std::string(100, 'x'));
  body.request_object = "{}";
  EXPECT_EQ(fitted(body, 50, &Event::to_json), std::nullopt);
}

TEST(AuditEventLists, AreOfTheKindThatKubernetesSends) {
  Event a = event("a");
  Event b = event("b");
  const auto lists = event_lists({&a, &b}, {});
  ASSERT_EQ(lists.size(), 1U);
  EXPECT_EQ(lists[0].body, R"({"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},)"
                           R"("items":[{"n":"a"},{"n":"b"}]})"
                           "\n");
  EXPECT_EQ(lists[0].events, (std::vector<std::size_t>{0, 1}));
}

TEST(AuditEventLists, EndWhereTheNextEventWouldNotFit) {
  Event a = event("a");
  Event large = event(std::string(50, 'x'));
  Event b = event("b");
  Event c = event("c");
  const auto lists = event_lists({&a, &large, &b, &c}, {0, 18});  // {"n":"b"} is nine bytes
  ASSERT_EQ(lists.size(), 3U);
  EXPECT_EQ(lists[1].events, std::vector<std::size_t>{1}) << "one alone may be larger";
  EXPECT_EQ(lists[2].events, (std::vector<std::size_t>{2, 3}));
}

TEST(AuditEventLists, LeaveOutWhatIsTooLarge) {
  Event a = event("a");
  Event large = event(std::string(500, 'x'));
  const auto lists = event_lists({&large, &a}, {100, 0});
  ASSERT_EQ(lists.size(), 1U);
  EXPECT_EQ(lists[0].events, std::vector<std::size_t>{1});
  EXPECT_TRUE(event_lists({&large}, {100, 0}).empty());
}

}  // namespace
}  // namespace limen::audit
