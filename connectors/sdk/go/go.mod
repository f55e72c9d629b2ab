module quangate

go 1.23
