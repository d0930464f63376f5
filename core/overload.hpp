#pragma once

namespace dotmac {

/// One visitor out of several lambdas, for std::visit.
template <class... Fs> struct overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs> overload(Fs...) -> overload<Fs...>;

} // namespace dotmac
