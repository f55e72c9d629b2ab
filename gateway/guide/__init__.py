"""The pages for people: documents for partners, upstreams and operators, in two languages."""
