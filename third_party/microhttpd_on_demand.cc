// The functions of the system's libmicrohttpd that this tree calls. It brings GnuTLS along.
#include <microhttpd.h>

#ifdef __APPLE__
#define ZOO_LIBRARY "libmicrohttpd.12.dylib"
#else
#define ZOO_LIBRARY "libmicrohttpd.so.12"
#endif
#include "on_demand.h"

extern "C" {

ZOO_ON_DEMAND(const char*, nullptr, MHD_get_version, (), ())

// The options go to the library's function for callers that have them as a list.
MHD_Daemon* MHD_start_daemon(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback accept,
                             void* accept_cls, MHD_AccessHandlerCallback handler, void* handler_cls,
                             ...) {
  static auto* const real = Find<decltype(MHD_start_daemon_va)>("MHD_start_daemon_va");
  va_list options;
  va_start(options, handler_cls);
  MHD_Daemon* daemon = real == nullptr
                           ? nullptr
                           : real(flags, port, accept, accept_cls, handler, handler_cls, options);
  va_end(options);
  return daemon;
}

ZOO_ON_DEMAND(MHD_socket, MHD_INVALID_SOCKET, MHD_quiesce_daemon, (MHD_Daemon * daemon), (daemon))
ZOO_ON_DEMAND(void, void(), MHD_stop_daemon, (MHD_Daemon * daemon), (daemon))

// Those that the tree asks for have no argument behind their kind.
const MHD_ConnectionInfo* MHD_get_connection_info(MHD_Connection* connection,
                                                  MHD_ConnectionInfoType kind, ...) {
  static auto* const real = Find<decltype(MHD_get_connection_info)>("MHD_get_connection_info");
  return real == nullptr ? nullptr : real(connection, kind);
}

ZOO_ON_DEMAND(int, 0, MHD_get_connection_values,
              (MHD_Connection * connection, MHD_ValueKind kind, MHD_KeyValueIterator take,
               void* cls),
              (connection, kind, take, cls))
ZOO_ON_DEMAND(MHD_Response*, nullptr, MHD_create_response_from_fd_at_offset64,
              (uint64_t size, int fd, uint64_t offset), (size, fd, offset))
ZOO_ON_DEMAND(MHD_Response*, nullptr, MHD_create_response_from_buffer_with_free_callback_cls,
              (size_t size, void* buffer, MHD_ContentReaderFreeCallback drop, void* cls),
              (size, buffer, drop, cls))
ZOO_ON_DEMAND(MHD_Result, MHD_NO, MHD_add_response_header,
              (MHD_Response * response, const char* name, const char* value),
              (response, name, value))
ZOO_ON_DEMAND(MHD_Result, MHD_NO, MHD_queue_response,
              (MHD_Connection * connection, unsigned status, MHD_Response* response),
              (connection, status, response))
ZOO_ON_DEMAND(void, void(), MHD_destroy_response, (MHD_Response * response), (response))

}  // extern "C"
