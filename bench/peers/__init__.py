"""What Quangate is compared with: small, competent programs that anybody might have written."""
