// Processes that are killed, many at once, and without the right to write.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/capability.h>
#endif

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "zoo/base/file.h"
#include "zoo/cache/ingest.h"
#include "zoo/cache/store.h"
#include "zoo/cache/test_pull.h"
#include "zoo/tests/support/faulty_disk.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

namespace fs = std::filesystem;

// A child that runs `work` and exits with what it returns.
pid_t Start(const std::function<int()>& work) {
  pid_t child = fork();
  if (child == 0) _exit(work());
  return child;
}

int ExitCode(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Pulls like a fetcher, writing a byte to `said` before each chunk.
int PullAloud(const fs::path& root, const Wanted& wanted, int said) {
  RealDisk disk;
  auto store = Store::Open(root, disk);
  if (!store) return 1;
  auto ingest = store->Begin(wanted.key, CancelToken());
  if (!ingest) return 2;
  while (ingest->size() < wanted.bytes.size()) {
    if (write(said, ".", 1) != 1) return 3;
    std::string_view rest = std::string_view(wanted.bytes).substr(ingest->size());
    if (!ingest->Append(AsBytes(rest.substr(0, 10'000)))) return 4;
  }
  return ingest->Commit() ? 0 : 5;
}

TEST(Kill, AtRandomMoments) {
  const Wanted wanted = MakeWanted(400'000);
  uint32_t seed = std::random_device()();
  std::mt19937 random(seed);
  TempDir folder;
  int killed = 0, finished = 0;
  for (int round = 0; round < 300; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    UniqueFd hear(ends[0]), say(ends[1]);
    pid_t child = Start([&] { return PullAloud(folder.path(), wanted, say.get()); });
    say = UniqueFd();
    char dots[64];
    // After so many chunks, or, if there are not that many, when it has ended by itself.
    size_t chunks = random() % 42;
    while (chunks > 0) {
      ssize_t got = read(hear.get(), dots, std::min(chunks, sizeof dots));
      if (got <= 0) break;
      chunks -= static_cast<size_t>(got);
    }
    kill(child, SIGKILL);
    int code = ExitCode(child);
    ASSERT_TRUE(code == 0 || code == 128 + SIGKILL) << code << " seed " << seed;
    (code == 0 ? finished : killed) += 1;
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>()) << "seed " << seed;
    if (code == 0 || !FilesIn(folder.path(), "blobs").empty()) {
      RealDisk disk;
      ASSERT_TRUE(Store::Open(folder.path(), disk).value().Remove(wanted.digest));
    }
  }
  EXPECT_GT(killed, 150) << "seed " << seed;
  RealDisk disk;
  EXPECT_EQ(ReadAll(PullOnce(disk, folder.path(), wanted).value().path()), wanted.bytes);
  EXPECT_TRUE(FilesIn(folder.path(), "ingest").empty());
}

// Of what a killed process was given before it was last heard of, next to nothing is lost.
TEST(Kill, TheNextRunGoesOnWhereItWas) {
  const Wanted wanted = MakeWanted(400'000);
  TempDir folder;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  UniqueFd hear(ends[0]), say(ends[1]);
  pid_t child = Start([&] {
    RealDisk disk;
    Ingest ingest = Store::Open(folder.path(), disk).value().Begin(wanted.key, {}).value();
    (void)ingest.SetNote("etag");
    (void)ingest.Append(AsBytes(std::string_view(wanted.bytes).substr(0, 300'000)));
    // Written by now or within milliseconds, with nobody calling.
    fs::path claim;
    for (const std::string& name : FilesIn(folder.path(), "ingest")) {
      if (name.ends_with(".claim")) claim = folder.path() / name;
    }
    while (fs::file_size(claim) < 300'000) sched_yield();
    (void)!write(say.get(), ".", 1);
    for (;;) pause();
    return 0;
  });
  char dot;
  ssize_t heard = read(hear.get(), &dot, 1);
  kill(child, SIGKILL);
  ASSERT_EQ(heard, 1);
  ASSERT_EQ(ExitCode(child), 128 + SIGKILL);
  RealDisk disk;
  Store store = Store::Open(folder.path(), disk).value();
  Ingest ingest = store.Begin(wanted.key, CancelToken()).value();
  EXPECT_EQ(ingest.size(), 300'000u);
  EXPECT_EQ(ingest.note(), "etag");
  EXPECT_EQ(store.Partials().value().size(), 1u) << "the copied bytes are gone";
  ASSERT_TRUE(ingest.Append(AsBytes(std::string_view(wanted.bytes).substr(300'000))));
  EXPECT_TRUE(ingest.Commit());
}

class AtOnce : public ::testing::TestWithParam<bool> {};

TEST_P(AtOnce, ManyPullOneFile) {
  const Wanted wanted = MakeWanted(2'000'000);
  TempDir folder;
  for (int round = 0; round < 5; ++round) {
    std::vector<pid_t> children;
    for (int i = 0; i < 12; ++i) {
      children.push_back(Start([&] {
        FaultyDisk disk({.locks_do_nothing = GetParam()});
        auto pulled = PullOnce(disk, folder.path(), wanted, {.chunk = 10'000});
        if (!pulled) std::fprintf(stderr, "%s\n", pulled.error().Text().c_str());
        return pulled ? 0 : 1;
      }));
    }
    for (pid_t child : children) EXPECT_EQ(ExitCode(child), 0);
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>());
    ASSERT_EQ(FilesIn(folder.path(), "blobs").size(), 1u);
    RealDisk disk;
    Store store = Store::Open(folder.path(), disk).value();
    ASSERT_TRUE(store.Find(wanted.digest).value());
    ASSERT_TRUE(store.Remove(wanted.digest));
  }
  if (!GetParam()) {
    EXPECT_TRUE(FilesIn(folder.path(), "ingest").empty());
  }
}

INSTANTIATE_TEST_SUITE_P(LocksDoNothing, AtOnce, ::testing::Bool());

// Of many that reach for one partial at once, without locks, one has it.
TEST(AtOnce, OnePartialHasOneOwner) {
  const Wanted wanted = MakeWanted(100'000);
  TempDir folder;
  for (int round = 0; round < 10; ++round) {
    RealDisk real;
    (void)PullOnce(real, folder.path(), wanted, {.chunk = 1000, .stop_after = 50'000});
    std::vector<pid_t> children;
    for (int i = 0; i < 16; ++i) {
      children.push_back(Start([&] {
        FaultyDisk disk({.locks_do_nothing = true});
        auto store = Store::Open(folder.path(), disk);
        int before = disk.calls("List");
        auto ingest = store->Begin(wanted.key, CancelToken());
        // Who did not get it looked for bytes to copy.
        return ingest && ingest->size() == 50'000 && disk.calls("List") == before ? 1 : 0;
      }));
    }
    int owners = 0;
    for (pid_t child : children) owners += ExitCode(child);
    // An owner that is done gives it back, and another may have it then; never two at a time.
    EXPECT_GE(owners, 1);
    ASSERT_EQ(PullOnce(real, folder.path(), wanted).value().size(), 100'000u);
    ASSERT_EQ(WrongBlobs(folder.path()), std::vector<std::string>());
    ASSERT_TRUE(Store::Open(folder.path(), real).value().Remove(wanted.digest));
  }
}

// Gives up the right to write where file modes forbid it, in a child.
bool BecomeNobody() {
  constexpr uid_t kNobody = 65534;
  if (geteuid() != 0) return true;
  if (setgid(kNobody) == 0 && setuid(kNobody) == 0) return true;
#ifdef __linux__
  // In a namespace that has no other user.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  return syscall(SYS_capset, &header, none) == 0;
#else
  return false;
#endif
}

TEST(Shared, AnotherUsersLockIsWaitedFor) {
  setenv("TEST_TMPDIR", "/tmp", 1);
  const Wanted wanted = MakeWanted(1000);
  TempDir folder;
  RealDisk disk;
  Ingest owner = Store::Open(folder.path(), disk).value().Begin(wanted.key, {}).value();
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    if (entry.is_directory()) fs::permissions(entry.path(), fs::perms(0777));
  }
  fs::permissions(folder.path(), fs::perms(0777));
  EXPECT_EQ(ExitCode(Start([&] {
              if (!BecomeNobody()) return 1;
              std::atomic<bool> cancelled = true;
              auto store = Store::Open(folder.path(), disk);
              auto second = store->Begin(wanted.key, CancelToken(&cancelled));
              return !second && second.error().code == ErrorCode::kCancelled ? 0 : 2;
            })),
            0);
}

class ReadOnly : public ::testing::Test {
 protected:
  void SetUp() override {
    // Where another user may go.
    setenv("TEST_TMPDIR", "/tmp", 1);
    folder_ = std::make_unique<TempDir>();
    RealDisk disk;
    ASSERT_TRUE(PullOnce(disk, folder_->path(), wanted_));
    for (const auto& entry : fs::recursive_directory_iterator(folder_->path())) {
      if (entry.is_directory()) fs::permissions(entry.path(), fs::perms(0555));
    }
    fs::permissions(folder_->path(), fs::perms(0555));
  }

  const Wanted wanted_ = MakeWanted(100'000);
  const Wanted other_ = MakeWanted(1000, 2);
  std::unique_ptr<TempDir> folder_;
};

TEST_F(ReadOnly, HitsWork) {
  EXPECT_EQ(ExitCode(Start([&] {
              if (!BecomeNobody()) return 1;
              FaultyDisk disk;
              auto pulled = PullOnce(disk, folder_->path(), wanted_);
              if (!pulled || ReadAll(pulled->path()) != wanted_.bytes) return 2;
              return disk.calls("Write") + disk.calls("MakeFolder") == 0 ? 0 : 3;
            })),
            0);
}

TEST_F(ReadOnly, AnotherStampIsHashedAndFound) {
  fs::path blob = folder_->path() / FilesIn(folder_->path(), "blobs").at(0);
  fs::last_write_time(blob, fs::file_time_type::clock::now());
  EXPECT_EQ(ExitCode(Start([&] {
              if (!BecomeNobody()) return 1;
              RealDisk disk;
              return PullOnce(disk, folder_->path(), wanted_) ? 0 : 2;
            })),
            0);
}

TEST_F(ReadOnly, AMissSaysWhy) {
  EXPECT_EQ(ExitCode(Start([&] {
              if (!BecomeNobody()) return 1;
              RealDisk disk;
              auto pulled = PullOnce(disk, folder_->path(), other_);
              std::string expected = "cannot open " + folder_->path().native() + "/ingest/sha256-" +
                                     other_.digest.hex() +
                                     ".lock: Permission denied; see who owns the cache, or "
                                     "choose another folder with ZOO_CACHE";
              if (pulled || pulled.error().Text() != expected) {
                std::fprintf(stderr, "%s\n", pulled ? "pulled" : pulled.error().Text().c_str());
                return 2;
              }
              return pulled.error().code == ErrorCode::kDisk ? 0 : 3;
            })),
            0);
}

TEST_F(ReadOnly, WrongBytesAreNotFound) {
  fs::path blob = folder_->path() / FilesIn(folder_->path(), "blobs").at(0);
  fs::permissions(blob, fs::perms(0644));
  fs::resize_file(blob, 10);
  EXPECT_EQ(ExitCode(Start([&] {
              if (!BecomeNobody()) return 1;
              RealDisk disk;
              auto found = Store::Open(folder_->path(), disk).value().Find(wanted_.digest);
              return found && !*found ? 0 : 2;
            })),
            0);
}

}  // namespace
}  // namespace zoo
