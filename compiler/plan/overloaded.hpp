// Visits a variant with one lambda an alternative; a forgotten alternative does not compile.
#pragma once

namespace mig::plan {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace mig::plan
