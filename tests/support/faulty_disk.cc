#include "zoo/tests/support/faulty_disk.h"

#include <algorithm>
#include <filesystem>

namespace zoo {
namespace fs = std::filesystem;

int FaultyDisk::calls() const {
  std::lock_guard lock(mutex_);
  return counted_;
}

int FaultyDisk::calls(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto found = calls_.find(name);
  return found == calls_.end() ? 0 : found->second;
}

int FaultyDisk::Count(const std::string& name) {
  std::lock_guard lock(mutex_);
  ++calls_[name];
  if (!faults_.only.empty() && faults_.only != name) return 0;
  ++counted_;
  bool fails = faults_.fail_at != 0 &&
               (counted_ == faults_.fail_at || (faults_.dead && counted_ > faults_.fail_at));
  return fails ? -faults_.error : 0;
}

bool FaultyDisk::Interrupted() {
  std::lock_guard lock(mutex_);
  if (!faults_.interrupts) return false;
  interrupt_next_ = !interrupt_next_;
  return !interrupt_next_;
}

uint64_t FaultyDisk::InodeOf(int fd) {
  FileInfo info;
  disk_.StatOpen(fd, info);
  return info.inode;
}

void FaultyDisk::LosePower(bool names_too) {
  std::lock_guard lock(mutex_);
  for (auto name = unsynced_names_.rbegin(); names_too && name != unsynced_names_.rend(); ++name) {
    disk_.Rename(name->to, name->from);
  }
  for (const fs::path& root : roots_) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
      FileInfo info;
      std::string name = entry.path().lexically_relative(root).native();
      if (!entry.is_regular_file() || disk_.Stat({root, name}, info) != 0) continue;
      if (dirty_.count(info.inode) == 0) continue;
      fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add);
      fs::resize_file(entry.path(), info.size / 2);
    }
  }
  dirty_.clear();
  unsynced_names_.clear();
}

int FaultyDisk::MakeFolder(const DiskPath& path) {
  if (int failed = Count("MakeFolder")) return failed;
  std::lock_guard lock(mutex_);
  roots_.insert(path.root);
  return disk_.MakeFolder(path);
}

int FaultyDisk::Open(const DiskPath& path, Access access) {
  if (int failed = Count("Open")) return failed;
  return disk_.Open(path, access);
}

int64_t FaultyDisk::Read(int fd, std::span<std::byte> into, uint64_t offset) {
  if (int failed = Count("Read")) return failed;
  if (Interrupted()) return -EINTR;
  if (faults_.short_counts && into.size() > 1) into = into.first(into.size() / 2);
  return disk_.Read(fd, into, offset);
}

int64_t FaultyDisk::Write(int fd, ByteView bytes, uint64_t offset) {
  if (int failed = Count("Write")) return failed;
  if (Interrupted()) return -EINTR;
  if (faults_.short_counts && bytes.size() > 1) bytes = bytes.first(bytes.size() / 2);
  std::lock_guard lock(mutex_);
  if (faults_.room) {
    uint64_t room = *faults_.room - used_;
    if (room == 0) return -ENOSPC;
    bytes = bytes.first(std::min<uint64_t>(room, bytes.size()));
    used_ += bytes.size();
  }
  dirty_.insert(InodeOf(fd));
  return disk_.Write(fd, bytes, offset);
}

void FaultyDisk::StartWriteBack(int fd, uint64_t offset, uint64_t bytes) {
  disk_.StartWriteBack(fd, offset, bytes);
}

int FaultyDisk::Sync(int fd) {
  if (int failed = Count("Sync")) return failed;
  std::lock_guard lock(mutex_);
  FileInfo synced;
  disk_.StatOpen(fd, synced);
  dirty_.erase(synced.inode);
  // A folder: the names in it.
  std::erase_if(unsynced_names_, [&](const Name& name) {
    FileInfo folder;
    std::string parent = name.to.name.substr(0, name.to.name.rfind('/'));
    return disk_.Stat({name.to.root, parent}, folder) == 0 && folder.inode == synced.inode;
  });
  return 0;
}

int FaultyDisk::Truncate(int fd, uint64_t bytes) {
  if (int failed = Count("Truncate")) return failed;
  return disk_.Truncate(fd, bytes);
}

int FaultyDisk::SetMode(int fd, unsigned mode) {
  if (int failed = Count("SetMode")) return failed;
  return disk_.SetMode(fd, mode);
}

int FaultyDisk::Stat(const DiskPath& path, FileInfo& info) {
  if (int failed = Count("Stat")) return failed;
  return disk_.Stat(path, info);
}

int FaultyDisk::StatOpen(int fd, FileInfo& info) {
  if (int failed = Count("StatOpen")) return failed;
  return disk_.StatOpen(fd, info);
}

int FaultyDisk::Rename(const DiskPath& from, const DiskPath& to) {
  if (int failed = Count("Rename")) return failed;
  std::lock_guard lock(mutex_);
  int outcome = disk_.Rename(from, to);
  if (outcome == 0) unsynced_names_.push_back({from, to});
  return outcome;
}

int FaultyDisk::Link(const DiskPath& from, const DiskPath& to) {
  if (int failed = Count("Link")) return failed;
  return disk_.Link(from, to);
}

int FaultyDisk::Remove(const DiskPath& path) {
  if (int failed = Count("Remove")) return failed;
  return disk_.Remove(path);
}

int FaultyDisk::List(const DiskPath& folder, std::vector<std::string>& names) {
  if (int failed = Count("List")) return failed;
  return disk_.List(folder, names);
}

int FaultyDisk::Lock(int fd, std::chrono::milliseconds wait) {
  if (int failed = Count("Lock")) return failed;
  if (faults_.locks_do_nothing) return 0;
  if (faults_.locks_never_come) return -EWOULDBLOCK;
  return disk_.Lock(fd, wait);
}

int FaultyDisk::FreeBytes(const DiskPath& folder, uint64_t& bytes) {
  if (int failed = Count("FreeBytes")) return failed;
  std::lock_guard lock(mutex_);
  if (!faults_.room) return disk_.FreeBytes(folder, bytes);
  bytes = *faults_.room - used_;
  return 0;
}

}  // namespace zoo
