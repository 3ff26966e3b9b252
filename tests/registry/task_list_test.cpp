#include "registry/task_list.hpp"

#include "registry/registry_support.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace millrace;
using namespace millrace::registry;

BOOST_AUTO_TEST_SUITE(task_list_test)

namespace {

struct fixture : registry_fixture {
  task_settings limits;
  task_list tasks{all, limits};

  task_list::entry add(const std::string& url = "http://a.test/film.mkv",
                       std::optional<byte_offset> total = 1000) {
    return tasks.add({.what = make_definition({url}), .out = {}, .options = {}}, total);
  }
  std::unique_ptr<playback> begin(const task_list::entry& task, byte_offset first, byte_offset total = 1000) {
    auto response = play(task->played, "me");
    (*response)->begins(first, total);
    return std::move(*response);
  }
  void deliver(const task_list::entry& task, byte_range bytes) {
    const auto response = begin(task, bytes.begin);
    response->add_bytes(bytes.size());
  }
};

task_look look(const task_list::entry& task) {
  return look_at(*task, rate_meter::clock::now());
}

bool is(const task_list::entry& task, task_state state) {
  return look(task).state == state;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(gids_differ_and_so_do_the_streams_of_one_url, fixture) {
  std::set<std::string> gids, streams;
  for (int i = 0; i < 100; ++i) {
    const auto task = add();
    BOOST_TEST(is_gid(task->gid), task->gid);
    BOOST_TEST(gids.insert(task->gid).second);
    BOOST_TEST(streams.insert(task->played->id()).second);
    BOOST_TEST(tasks.find(task->gid) == task);
    BOOST_TEST(all.find_stream(task->played->id()) == task->played);
    BOOST_TEST(task->played->posted());
  }
  BOOST_TEST(tasks.all().size() == 100U);
  BOOST_TEST(tasks.find("0123456789abcdef") == nullptr);
  BOOST_TEST(tasks.session_id().size() == 40U);
}

BOOST_FIXTURE_TEST_CASE(a_task_goes_through_its_states, fixture) {
  const auto task = add();
  BOOST_TEST(is(task, task_state::waiting));
  {
    const auto response = begin(task, 0);
    BOOST_TEST(is(task, task_state::active));
    response->add_bytes(400);
    BOOST_TEST(look(task).delivered == 400U);
  }
  BOOST_TEST(is(task, task_state::waiting));
  BOOST_TEST(look(task).delivered == 400U);
  deliver(task, {300, 900});
  BOOST_TEST(look(task).delivered == 900U);
  deliver(task, {999, 1000});
  BOOST_TEST(look(task).delivered == 901U);
  BOOST_TEST(is(task, task_state::waiting));
  deliver(task, {900, 999});
  BOOST_TEST(is(task, task_state::complete));
  BOOST_TEST((look(task).total == byte_offset(1000)));
}

BOOST_FIXTURE_TEST_CASE(a_failure_counts_until_bytes_flow_again, fixture) {
  const auto task = add();
  {
    const auto response = begin(task, 0);
    response->add_bytes(10);
    task->played->record_error("the connection broke");
  }
  BOOST_TEST(is(task, task_state::failed));
  {
    const auto response = begin(task, 10);
    BOOST_TEST(is(task, task_state::active));
  }
  BOOST_TEST(is(task, task_state::failed));
  deliver(task, {10, 11});
  BOOST_TEST(is(task, task_state::waiting));
  deliver(task, {0, 1000});
  task->played->record_error("status 404");
  BOOST_TEST(is(task, task_state::complete));
}

BOOST_FIXTURE_TEST_CASE(removing_ends_the_responses_and_the_stream, fixture) {
  const auto task = add();
  int stops = 0;
  const auto response = play(task->played, "me", &stops);
  BOOST_TEST(tasks.remove(*task));
  BOOST_TEST(stops == 1);
  BOOST_TEST(is(task, task_state::removed));
  BOOST_TEST(all.find_stream(task->played->id()) == nullptr);
  BOOST_TEST((play(task->played, "me").error() == refusal::stream_deleted));
  BOOST_TEST(!tasks.remove(*task));
  BOOST_TEST(tasks.find(task->gid) == task);
  tasks.forget(*task);
  BOOST_TEST(tasks.find(task->gid) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(forgetting_ends_the_stream, fixture) {
  const auto task = add();
  tasks.forget(*task);
  BOOST_TEST(tasks.find(task->gid) == nullptr);
  BOOST_TEST(tasks.all().empty());
  BOOST_TEST(all.find_stream(task->played->id()) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(tasks_count_as_posted_streams, fixture) {
  config.max_posted = 2;
  BOOST_TEST(add());
  const auto second = add();
  BOOST_TEST(second);
  BOOST_TEST(!add());
  tasks.remove(*second);
  BOOST_TEST(add());
  // Nobody plays them, and yet they stay.
  all.clean_up(directory::clock::now() + std::chrono::hours(100));
  BOOST_TEST(all.stream_count() == 2U);
}

BOOST_FIXTURE_TEST_CASE(removed_ones_are_kept_for_a_while, fixture) {
  limits.max_removed = 3;
  std::vector<task_list::entry> made;
  for (int i = 0; i < 6; ++i)
    made.push_back(add());
  for (int i = 0; i < 4; ++i)
    tasks.remove(*made[static_cast<std::size_t>(i)]);
  BOOST_TEST(tasks.find(made[0]->gid) == nullptr);
  BOOST_TEST(tasks.find(made[1]->gid) == made[1]);
  // Deleted as a stream: found out when it is looked for.
  all.remove_stream(made[4]->played->id());
  BOOST_TEST(is(made[4], task_state::removed));
  BOOST_TEST(tasks.all().size() == 5U);
  tasks.clean_up();
  tasks.clean_up();
  BOOST_TEST(tasks.find(made[1]->gid) == nullptr);
  BOOST_TEST(tasks.find(made[2]->gid) == made[2]);
  BOOST_TEST(tasks.find(made[4]->gid) == made[4]);
  BOOST_TEST(tasks.find(made[5]->gid) == made[5]);
  // One that is forgotten makes room.
  tasks.forget(*made[2]);
  tasks.remove(*made[5]);
  BOOST_TEST(tasks.find(made[3]->gid) == made[3]);
  BOOST_TEST(tasks.all().size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(speed_and_connections_are_those_of_a_running_task, fixture) {
  const auto task = add();
  const auto response = begin(task, 0);
  const auto now = rate_meter::clock::now();
  task->played->arriving.add(100'000, now);
  {
    working_connection one(task->played);
    working_connection two(task->played);
    const working_connection taken(std::move(one));
    one = std::move(two);
    BOOST_TEST(look_at(*task, now).connections == 2U);
  }
  const auto seen = look_at(*task, now);
  BOOST_TEST(seen.connections == 0U);
  BOOST_TEST(seen.speed > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
